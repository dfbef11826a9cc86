import type { AgentId } from "../../../gateway/identifiers.ts";
import type {
  AgentSession,
  AppSession,
  Issuer,
  NewAgentSession,
  SessionBinding,
  SessionKey,
  Subject,
} from "../../model.ts";
import { Sealer, type Unreadable } from "../../sealing.ts";
import { CorruptReports } from "../corrupt-reports.ts";
import { EVENT_BOUNDS } from "../event-replay.ts";
import type {
  AgentAndHolder,
  AgentEvent,
  AgentMessage,
  BindConditions,
  BindOutcome,
  InstanceReport,
  Lease,
  LeaseRequest,
  Revocations,
  SessionPage,
  SessionQuery,
  SessionStore,
  SessionsThatCount,
  StoredEvent,
  StoreOptions,
  Unsubscribe,
} from "../port.ts";
import { Records } from "../records.ts";
import type { RedisAddress } from "./address.ts";
import { RedisAgentSessions } from "./agent-sessions.ts";
import { RedisAppSessions } from "./app-sessions.ts";
import { Census } from "./census.ts";
import { type Connection, dialFor, dialForMessages } from "./dial.ts";
import { Installation, PROVING_MS } from "./installation.ts";
import { Keys } from "./keys.ts";
import { RedisLeases } from "./leases.ts";
import { Link } from "./link.ts";
import { MessageText } from "./message-text.ts";
import { RedisMessages } from "./messages.ts";
import { Invalidations, RecordCache } from "./record-cache.ts";
import { RedisRevocations } from "./revocations.ts";
import { SessionIndexes } from "./session-indexes.ts";
import { SessionSearch } from "./session-search.ts";
import { SignsOfLife } from "./signs-of-life.ts";
import { Strays } from "./strays.ts";

/**
 * Sessions in Redis or Valkey, for any number of instances. Three connections: one for commands; one for the hot reads,
 * which Redis tracks and invalidates; one for messages.
 */
export class RedisStore implements SessionStore {
  readonly sealer: Sealer;
  readonly timeIsShared = true;
  readonly #commands: Link;
  readonly #reads: Link;
  readonly #listening: Link;
  readonly #sessions: RedisAppSessions;
  readonly #revocations: RedisRevocations;
  readonly #agents: RedisAgentSessions;
  readonly #leases: RedisLeases;
  readonly #messages: RedisMessages;
  readonly #signs: SignsOfLife;
  readonly #strays: Strays;

  /** @param prefix begins every key and channel */
  constructor(address: RedisAddress, prefix: string, options: StoreOptions) {
    const { clock, chance, eventsKept } = options;
    const keys = new Keys(prefix, address.database);
    const sealer = new Sealer(options.keys);
    this.sealer = sealer;
    const reports = new CorruptReports(options.onCorrupt);
    const records = new Records(sealer, reports);
    const sessionCache = new RecordCache<AppSession>(clock);
    const agentCache = new RecordCache<AgentSession>(clock);
    const invalidations = new Invalidations([sessionCache, agentCache]);

    const dial = dialFor(address);
    const installation = new Installation({ keys, sealer, records });
    const proven = { prepare: (connection: Connection) => installation.prove(connection), prepareMs: PROVING_MS };
    const onConnected = (): void => void census.take();
    const commands: Link = new Link({ clock, chance, dial, ...proven, onConnected });
    const strays = new Strays({ commands, reports, indexLost: () => census.take() });
    const indexes = new SessionIndexes(commands, keys, strays);
    const census = new Census({ commands, keys, records, indexes });
    const reads = new Link({ clock, chance, dial, invalidations, ...proven });
    const messages: Link = new Link({
      clock,
      chance,
      dial: dialForMessages(address),
      exclusive: true,
      prepare: (connection) => this.#messages.prepare(connection),
    });
    this.#commands = commands;
    this.#strays = strays;
    this.#reads = reads;
    this.#listening = messages;
    const common = { commands, reads, keys, records, clock };
    const search = new SessionSearch({ commands, keys, indexes, records });
    const { unreadableKeptMs = Number.POSITIVE_INFINITY } = options;
    this.#sessions = new RedisAppSessions({ ...common, indexes, search, unreadableKeptMs, cache: sessionCache });
    this.#revocations = new RedisRevocations({ commands, keys, indexes, records, strays, cache: sessionCache });
    const hasSessions = (agentId: AgentId): Promise<boolean> =>
      this.hasSessions(agentId, { counts: () => true, damaged: true });
    this.#agents = new RedisAgentSessions({ ...common, strays, hasSessions, cache: agentCache });
    this.#leases = new RedisLeases(commands, keys, strays);
    this.#signs = new SignsOfLife(commands, reads, keys);
    this.#messages = new RedisMessages({
      commands,
      messages,
      keys,
      text: new MessageText(sealer, keys),
      eventsKept,
      bounds: options.eventBounds ?? EVENT_BOUNDS,
      clock,
      reports,
      strays,
    });
  }

  /**
   * Settles when Redis is connected, or after a few seconds without: the store then goes on trying by itself.
   *
   * @throws {@link StoreRefused} where it belongs to another installation
   */
  async start(): Promise<void> {
    try {
      await Promise.all([this.#commands.start(), this.#reads.start(), this.#listening.start()]);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  getSession(key: SessionKey, options?: { readonly fresh?: boolean }): Promise<AppSession | null> {
    return this.#sessions.get(key, options?.fresh ?? false);
  }
  bindSession(session: AppSession, conditions: BindConditions): Promise<BindOutcome> {
    return this.#sessions.bind(session, conditions);
  }
  touchSession(binding: SessionBinding, lastUsedAt: number): Promise<boolean> {
    return this.#sessions.touch(binding, lastUsedAt);
  }
  deleteSession(binding: SessionBinding, ifLastUsedAt: number = Number.MAX_SAFE_INTEGER): Promise<AppSession | null> {
    return this.#sessions.delete(binding, ifLastUsedAt);
  }
  revocations(key: SessionKey, subject: Subject | null): Promise<Revocations> {
    return this.#revocations.read(key, subject);
  }
  revokeSession(key: SessionKey): Promise<AppSession | null> {
    return this.#revocations.session(key);
  }
  revokeSubject(issuer: Issuer, subject: Subject): Promise<AppSession[]> {
    return this.#revocations.subject(issuer, subject);
  }
  sessionsOfAgent(agentId: AgentId): Promise<AppSession[]> {
    return this.#sessions.ofAgent(agentId);
  }
  hasSessions(agentId: AgentId, which: SessionsThatCount): Promise<boolean> {
    return this.#sessions.hasAny(agentId, which);
  }
  listSessions(query: SessionQuery): Promise<SessionPage> {
    return this.#sessions.list(query);
  }

  getAgent(agentId: AgentId, options?: { readonly fresh?: boolean }): Promise<AgentSession | null> {
    return this.#agents.get(agentId, options?.fresh ?? false);
  }
  getAgents(agentIds: readonly AgentId[]): Promise<ReadonlyMap<AgentId, AgentSession | Unreadable>> {
    return this.#agents.getMany(agentIds);
  }
  getAgentAndHolder(agentId: AgentId): Promise<AgentAndHolder> {
    return this.#agents.getWithHolder(agentId);
  }
  createAgent(agent: NewAgentSession): Promise<AgentSession | null> {
    return this.#agents.create(agent);
  }
  updateAgent(agent: AgentSession): Promise<AgentSession | null> {
    return this.#agents.update(agent);
  }
  deleteAgent(agentId: AgentId, signInId: string): Promise<boolean> {
    return this.#agents.delete(agentId, signInId);
  }
  agentIds(): Promise<AgentId[]> {
    return this.#agents.ids();
  }

  sendCommand(key: string, command: readonly string[]): Promise<unknown> {
    return this.#strays.clearing(key, "string", () => this.#commands.send(key, command));
  }

  acquireLease(lease: Lease, owner: string, ttlMs: number): Promise<boolean> {
    return this.#leases.acquire(lease, owner, ttlMs);
  }
  async acquireLeases(kind: Lease["kind"], asked: readonly LeaseRequest[], ttlMs: number): Promise<(boolean | null)[]> {
    const taken = await this.#leases.acquireMany(kind, asked, ttlMs);
    const held = asked.filter((_, at) => taken[at]).map(({ agentId }) => agentId);
    if (kind === "poll") await this.#agents.enterAgain(held).catch(() => undefined);
    return taken;
  }
  releaseLease(lease: Lease, owner: string): Promise<void> {
    return this.#leases.release(lease, owner);
  }
  unheld(kind: Lease["kind"], agentIds: readonly AgentId[]): Promise<AgentId[]> {
    return this.#leases.unheld(kind, agentIds);
  }
  announceInstance(report: InstanceReport, ttlMs: number): Promise<InstanceReport[]> {
    return this.#leases.announce(report, ttlMs);
  }
  instances(): Promise<InstanceReport[]> {
    return this.#leases.instances();
  }

  publish(agentId: AgentId, message: AgentMessage): Promise<void> {
    return this.#messages.publish(agentId, message);
  }
  subscribe(agentId: AgentId, listener: (message: AgentMessage) => void): Promise<Unsubscribe> {
    return this.#messages.subscribe(agentId, listener);
  }
  appendEvent(agentId: AgentId, event: AgentEvent): Promise<string> {
    return this.#messages.append(agentId, event);
  }
  eventsAfter(agentId: AgentId, afterId: string): Promise<StoredEvent[]> {
    return this.#messages.after(agentId, afterId);
  }
  forgetEvents(agentId: AgentId): Promise<void> {
    return this.#messages.forget(agentId);
  }

  time(): Promise<number> {
    return this.#signs.time();
  }
  pingRead(): Promise<void> {
    return this.#signs.read();
  }
  pingWrite(): Promise<void> {
    return this.#signs.write();
  }

  async close(): Promise<void> {
    this.#messages.close();
    await Promise.all([this.#commands.close(), this.#reads.close(), this.#listening.close()]);
  }
}
