import { LRUCache } from "lru-cache";
import type { AgentId } from "../../../gateway/identifiers.ts";
import type { Clock } from "../../clock.ts";
import type { AgentEvent, AgentMessage, EventBounds, StoredEvent, Unsubscribe } from "../agent-messages.ts";
import type { CorruptReports } from "../corrupt-reports.ts";
import { orderOf, PassingEvents } from "../event-replay.ts";
import { Listeners } from "../listeners.ts";
import { newRevision } from "../records.ts";
import type { Connection } from "./dial.ts";
import type { Keys } from "./keys.ts";
import type { Link } from "./link.ts";
import type { MessageText } from "./message-text.ts";
import * as scripts from "./scripts.ts";
import type { Strays } from "./strays.ts";

/** Events go with their agent session; this is for what was appended after its end. */
const FORGOTTEN_AFTER_SECONDS = 86_400;

interface Deps {
  readonly commands: Link;
  /** The one connection that listens. */
  readonly messages: Link;
  readonly keys: Keys;
  readonly text: MessageText;
  readonly eventsKept: number;
  readonly bounds: EventBounds;
  readonly clock: Clock;
  readonly reports: CorruptReports;
  readonly strays: Strays;
}

/** Messages between instances over publish and subscribe, and the last events of each agent in a stream. */
export class RedisMessages {
  readonly #deps: Deps;
  readonly #keys: Keys;
  readonly #listeners = new Listeners();
  /** Subscriptions, and ends of them, that Redis has not confirmed yet: the last of each agent. */
  readonly #changes = new Map<AgentId, Promise<void>>();

  /** Agents whose events this process has appended: the last of them, and how many bytes are kept. */
  readonly #appended: LRUCache<AgentId, { readonly id: string; readonly bytes: number }>;
  readonly #marks = new WeakMap<AgentEvent, string>();
  readonly #bounds: EventBounds;
  readonly #passing: PassingEvents;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#keys = deps.keys;
    this.#bounds = deps.bounds;
    this.#passing = new PassingEvents(deps.clock);
    this.#appended = new LRUCache({
      maxSize: deps.bounds.bytesInAll,
      sizeCalculation: ({ bytes }) => Math.max(1, bytes),
      disposeAfter: ({ id }, agentId, reason) => {
        // Those of the agent for whom the last one came the longest ago. Who polls it by now accounts for them.
        if (reason === "evict") void this.#dropUpTo(agentId, id).catch(() => undefined);
      },
    });
  }

  async publish(agentId: AgentId, toSend: AgentMessage): Promise<void> {
    const { commands, text } = this.#deps;
    const args = [this.#keys.messages(agentId), text.ofMessage(agentId, toSend)];
    await commands.run(scripts.publish, [this.#keys.events(agentId)], args);
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

  /** Takes up all subscriptions over a new connection, and one more: one over which we may not listen is none. */
  readonly prepare = async (connection: Connection): Promise<void> => {
    const agentIds = this.#listeners.agentIds();
    const channels = agentIds.map((agentId) => this.#keys.messages(agentId));
    await connection.subscribe([this.#keys.silentChannel, ...channels], this.#receive);
    for (const agentId of agentIds) this.#listeners.deliver(agentId, { type: "messages-lost" });
  };

  async append(agentId: AgentId, toAppend: AgentEvent): Promise<string> {
    const { commands, text, eventsKept } = this.#deps;
    const { bytesOfAgent, bytesOfEvent } = this.#bounds;
    const sealed = text.ofEvent(agentId, toAppend);
    const args = [
      sealed,
      eventsKept,
      this.#keys.messages(agentId),
      FORGOTTEN_AFTER_SECONDS,
      bytesOfAgent,
      bytesOfEvent,
      this.#markOf(toAppend),
    ];
    const stream = this.#keys.events(agentId);
    const append = () => commands.run(scripts.appendEvent, [stream], args);
    const answer = await this.#deps.strays.clearing(stream, "stream", append);
    const [id, bytes] = Array.isArray(answer) ? answer : [];
    this.#appended.set(agentId, { id: String(id), bytes: Number(bytes) });
    return String(id);
  }

  /** The same whenever the same event is appended: Redis may have done what it has not answered. */
  #markOf(event: AgentEvent): string {
    const mark = this.#marks.get(event) ?? newRevision();
    this.#marks.set(event, mark);
    return mark;
  }

  async after(agentId: AgentId, afterId: string): Promise<StoredEvent[]> {
    const stream = this.#keys.events(agentId);
    const from = async (id: string): Promise<readonly unknown[]> => {
      const read = () => this.#deps.commands.send(stream, ["XRANGE", stream, id, "+"]);
      const entries = await this.#deps.strays.clearing(stream, "stream", read);
      return Array.isArray(entries) ? entries : [];
    };
    const isPlace = orderOf(afterId) !== null;
    let entries = await from(isPlace ? afterId : "-");
    // Its own entry at least would be there: it is of another time.
    if (isPlace && entries.length === 0) entries = await from("-");
    const events = entries.flatMap((entry) => this.#eventOf(agentId, entry)).filter(({ id }) => id !== afterId);
    return this.#passing.among(agentId, events, afterId);
  }

  async forget(agentId: AgentId): Promise<void> {
    this.#passing.forget(agentId);
    this.#appended.delete(agentId);
    await this.#drop(agentId);
  }

  async #dropUpTo(agentId: AgentId, lastId: string): Promise<void> {
    await this.#deps.commands.run(scripts.dropEvents, [this.#keys.events(agentId)], [lastId]);
  }

  async #drop(agentId: AgentId): Promise<void> {
    const stream = this.#keys.events(agentId);
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
    const channel = this.#keys.messages(agentId);
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
    const agentId = this.#keys.agentOfChannel(channel);
    if (agentId === null || !this.#listeners.has(agentId)) return;
    const received = this.#deps.text.received(agentId, text);
    if (received === null) return;
    if (received.type === "event") {
      const bytes = text.length - text.indexOf(" ") - 1;
      if (bytes > this.#bounds.bytesOfEvent) this.#passing.add(agentId, received.event, bytes);
    }
    this.#listeners.deliver(agentId, received);
  };

  #eventOf(agentId: AgentId, entry: unknown): StoredEvent[] {
    const [id, fields] = Array.isArray(entry) ? entry : [];
    const [field, text] = Array.isArray(fields) ? fields : [];
    // Of release 0.1, which did not seal them: whoever could write to Redis could have made it.
    if (field === "event") return [];
    if (field === "passed") return [];
    const stored = this.#deps.text.event(agentId, text);
    if (stored === null) {
      this.#deps.reports.report({ kind: "event", name: agentId, why: "damaged" }, `${id} ${text}`);
      return [];
    }
    return [{ ...stored, id: String(id) }];
  }
}
