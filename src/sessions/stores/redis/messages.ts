import { z } from "zod";
import type { AgentId } from "../../../gateway/identifiers.ts";
import { missedSince } from "../event-replay.ts";
import { Listeners } from "../listeners.ts";
import type { AgentEvent, AgentMessage, StoredEvent, Unsubscribe } from "../port.ts";
import type { Records } from "../records.ts";
import type { Connection } from "./dial.ts";
import { agentOfChannel, keys } from "./keys.ts";
import type { Link } from "./link.ts";
import * as scripts from "./scripts.ts";

/** Events go with their agent session; this is for what was appended after its end. */
const FORGOTTEN_AFTER_SECONDS = 86_400;

const event = z.object({ type: z.string(), at: z.string(), content: z.unknown() });

/** What travels on a channel. A newer release may send what an older one does not know: it passes over it. */
const message = z.discriminatedUnion("type", [
  z.object({ type: z.literal("agent-changed") }),
  z.object({
    type: z.literal("session-ended"),
    key: z.object({ issuer: z.enum(["app", "own"]), sessionId: z.string() }),
    reason: z.enum([
      "signed-out",
      "revoked",
      "idle",
      "too-old",
      "replaced",
      "forced-out",
      "session-expired",
      "agent-not-signed-in",
    ]),
  }),
  z.object({ type: z.literal("event"), id: z.string(), event }),
  z.object({ type: z.literal("verdict-wanted"), guidVersion: z.number() }),
]);

interface Deps {
  readonly commands: Link;
  /** The one connection that listens. */
  readonly messages: Link;
  readonly records: Records;
  readonly eventsKept: number;
}

/** Messages between instances over publish and subscribe, and the last events of each agent in a stream. */
export class RedisMessages {
  readonly #deps: Deps;
  readonly #listeners = new Listeners();
  /** Subscriptions, and ends of them, that Redis has not confirmed yet: the last of each agent. */
  readonly #changes = new Map<AgentId, Promise<void>>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async publish(agentId: AgentId, toSend: AgentMessage): Promise<void> {
    const text =
      toSend.type === "event" ? { type: "event", id: toSend.event.id, event: withoutId(toSend.event) } : { ...toSend };
    const args = [keys.messages(agentId), JSON.stringify(text)];
    await this.#deps.commands.run(scripts.publish, [keys.events(agentId)], args);
  }

  async subscribe(agentId: AgentId, listener: (message: AgentMessage) => void): Promise<Unsubscribe> {
    if (this.#listeners.add(agentId, listener)) this.#settle(agentId);
    try {
      await this.#changes.get(agentId);
    } catch (error) {
      this.#stop(agentId, listener);
      throw error;
    }
    return () => this.#stop(agentId, listener);
  }

  /** Takes up all subscriptions over a new connection. */
  readonly prepare = async (connection: Connection): Promise<void> => {
    const agentIds = this.#listeners.agentIds();
    if (agentIds.length === 0) return;
    await connection.subscribe(agentIds.map(keys.messages), this.#receive);
    for (const agentId of agentIds) this.#listeners.deliver(agentId, { type: "messages-lost" });
  };

  async append(agentId: AgentId, toAppend: AgentEvent): Promise<string> {
    const { commands, eventsKept } = this.#deps;
    const args = [JSON.stringify(toAppend), eventsKept, keys.messages(agentId), FORGOTTEN_AFTER_SECONDS];
    return String(await commands.run(scripts.appendEvent, [keys.events(agentId)], args));
  }

  async after(agentId: AgentId, afterId: string): Promise<StoredEvent[]> {
    const stream = keys.events(agentId);
    const entries = await this.#deps.commands.send(stream, ["XRANGE", stream, "-", "+"]);
    if (!Array.isArray(entries)) return [];
    return missedSince(
      entries.flatMap((entry) => this.#eventOf(agentId, entry)),
      afterId,
    );
  }

  async forget(agentId: AgentId): Promise<void> {
    const stream = keys.events(agentId);
    await this.#deps.commands.send(stream, ["DEL", stream]);
  }

  close(): void {
    this.#listeners.clear();
  }

  /**
   * Brings the subscription to what is wanted by then. One change after the other: the client library would take the
   * end of an UNSUBSCRIBE for the end of a SUBSCRIBE that was sent after it.
   */
  #settle(agentId: AgentId): void {
    const channel = keys.messages(agentId);
    const before = this.#changes.get(agentId) ?? Promise.resolve();
    const change = before
      .catch(() => undefined)
      .then(() =>
        this.#deps.messages.use((connection) =>
          this.#listeners.has(agentId)
            ? connection.subscribe([channel], this.#receive)
            : connection.unsubscribe(channel),
        ),
      );
    this.#changes.set(agentId, change);
    const settled = () => {
      if (this.#changes.get(agentId) === change) this.#changes.delete(agentId);
    };
    change.then(settled, settled);
  }

  #stop(agentId: AgentId, listener: (message: AgentMessage) => void): void {
    // A channel that stays subscribed, since Redis is away, costs a message in vain.
    if (this.#listeners.remove(agentId, listener)) this.#settle(agentId);
  }

  readonly #receive = (text: string, channel: string): void => {
    const agentId = agentOfChannel(channel);
    if (agentId === null || !this.#listeners.has(agentId)) return;
    const parsed = message.safeParse(jsonOrNull(text));
    if (!parsed.success) return;
    const { data } = parsed;
    const received: AgentMessage =
      data.type === "event" ? { type: "event", event: { ...data.event, id: data.id } } : data;
    this.#listeners.deliver(agentId, received);
  };

  #eventOf(agentId: AgentId, entry: unknown): StoredEvent[] {
    const [id, fields] = Array.isArray(entry) ? entry : [];
    const stored = this.#deps.records.openEvent(agentId, Array.isArray(fields) ? fields[1] : null);
    return stored === null ? [] : [{ ...stored, id: String(id) }];
  }
}

function withoutId({ id: _, ...rest }: StoredEvent): AgentEvent {
  return rest;
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
