import type { AgentId } from "../../../gateway/identifiers.ts";
import type { AgentSession, AppSession } from "../../model.ts";
import { Sealer } from "../../sealing.ts";
import { CorruptReports } from "../corrupt-reports.ts";
import { EVENT_BOUNDS } from "../event-replay.ts";
import { noticesOf } from "../notices.ts";
import type { StoreOptions } from "../port.ts";
import { MOST_AGENT_BYTES, MOST_SESSION_BYTES } from "../record-bytes.ts";
import { Records } from "../records.ts";
import type { RedisAddress } from "./address.ts";
import { RedisAgentSessions } from "./agent-sessions.ts";
import { RedisAppSessions } from "./app-sessions.ts";
import { Census } from "./census.ts";
import { type Connection, dialFor, dialForMessages } from "./dial.ts";
import { DoubtfulSettings } from "./doubtful-settings.ts";
import { Installation, PROVING_MS } from "./installation.ts";
import { Keys } from "./keys.ts";
import { RedisLeases } from "./leases.ts";
import { Link } from "./link.ts";
import { MessageText } from "./message-text.ts";
import { RedisMessages } from "./messages.ts";
import { OlderKeys } from "./older-keys.ts";
import { Invalidations, RecordCache } from "./record-cache.ts";
import { RedisRevocations } from "./revocations.ts";
import { SessionIndexes } from "./session-indexes.ts";
import { SessionSearch } from "./session-search.ts";
import { SignsOfLife } from "./signs-of-life.ts";
import { Strays } from "./strays.ts";

export type RedisParts = ReturnType<typeof redisParts>;

/**
 * What the store is made of: each part is made once, and handed what it needs of the others. Three connections: one for
 * commands; one for the hot reads, which Redis tracks and invalidates; one for messages. None is dialled yet.
 *
 * @param prefix begins every key and channel
 */
export function redisParts(address: RedisAddress, prefix: string, options: StoreOptions) {
  const { clock, chance, eventsKept, notices } = options;
  const keys = new Keys(prefix, address.database);
  const sealer = new Sealer(options.keys);
  const reports = new CorruptReports(options.onCorrupt);
  const records = new Records(sealer, reports);
  const sessionCache = new RecordCache<AppSession>(clock, MOST_SESSION_BYTES);
  const agentCache = new RecordCache<AgentSession>(clock, MOST_AGENT_BYTES);
  const invalidations = new Invalidations([sessionCache, agentCache]);

  const dial = dialFor(address);
  const installation = new Installation({ keys, sealer, records });
  const proven = { prepare: (connection: Connection) => installation.prove(connection), prepareMs: PROVING_MS };
  const onConnected = (): void => {
    void census.take();
    olderKeys?.start();
    void settings?.look();
  };
  const commands: Link = new Link({ clock, chance, dial, ...proven, ...noticesOf("commands", notices, onConnected) });
  const reads = new Link({ clock, chance, dial, invalidations, ...proven, ...noticesOf("reads", notices) });
  const listening: Link = new Link({
    clock,
    chance,
    dial: dialForMessages(address),
    exclusive: true,
    prepare: (connection) => messages.prepare(connection),
    ...noticesOf("messages", notices),
  });

  const settings = notices && new DoubtfulSettings(commands, keys, notices);
  const strays = new Strays({ commands, reports, indexLost: () => census.take() });
  const indexes = new SessionIndexes(commands, keys, strays);
  const census = new Census({ commands, keys, records, indexes });
  const [, older] = options.keys;
  const olderKeys = older && new OlderKeys({ commands, keys, records, installation, clock, chance });

  const common = { commands, reads, keys, records, clock };
  const search = new SessionSearch({ commands, keys, indexes, records });
  const { unreadableKeptMs = Number.POSITIVE_INFINITY } = options;
  const sessions = new RedisAppSessions({ ...common, indexes, search, unreadableKeptMs, cache: sessionCache });
  const revocations = new RedisRevocations({ commands, keys, indexes, records, strays, cache: sessionCache });
  const hasSessions = (agentId: AgentId): Promise<boolean> =>
    sessions.hasAny(agentId, { counts: () => true, damaged: true });
  const agents = new RedisAgentSessions({ ...common, strays, hasSessions, cache: agentCache });
  const text = new MessageText(sealer, keys);
  const bounds = options.eventBounds ?? EVENT_BOUNDS;
  const messages = new RedisMessages({ ...common, messages: listening, text, eventsKept, bounds, reports, strays });
  return {
    sealer,
    commands,
    reads,
    listening,
    strays,
    olderKeys,
    sessions,
    revocations,
    agents,
    leases: new RedisLeases(commands, keys, strays),
    messages,
    signs: new SignsOfLife(commands, reads, keys),
  };
}
