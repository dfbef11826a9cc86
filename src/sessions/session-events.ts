import { setTimeout as wait } from "node:timers/promises";
import type { EventStream } from "../http/event-streams.ts";
import type { AgentSession } from "./model.ts";
import type { Sessions } from "./sessions.ts";
import type { StoredEvent } from "./stores/port.ts";

/** How soon a store that was away is asked again for what was missed. */
const ASK_AGAIN_MS = 1_000;

/**
 * The agent's gateway events and the session's own state, to every device that listens, on whichever instance it is.
 * What the one poll brings reaches all of them through the store.
 */
export class SessionEvents {
  readonly #sessions: Sessions;

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  /**
   * Sends the state at once, then what the client missed since `lastEventId`, then everything new, in order and once.
   *
   * @param lastEventId null: the client has seen nothing and wants only what is new
   */
  async listen(stream: EventStream, lastEventId: string | null): Promise<void> {
    const { store } = this.#sessions;
    const { agentId } = stream.bound.agent;
    const lookAgain = this.#states(stream);
    const events = new EventLine(stream, (afterId) => store.eventsAfter(agentId, afterId));
    const unsubscribe = await store.subscribe(agentId, (message) => {
      if (message.type === "event") events.hear(message.event);
      if (message.type === "agent-changed" || message.type === "messages-lost") void lookAgain();
      if (message.type === "messages-lost") void events.catchUp();
    });
    stream.onEnd(unsubscribe);
    // Between the look-up of the session and the subscription the state may have changed unheard.
    await Promise.all([events.begin(lastEventId), lookAgain()]);
  }

  /** Says the state, and again when it has become another. */
  #states(stream: EventStream): () => Promise<void> {
    let said = "";
    const say = (agent: AgentSession): void => {
      const data = JSON.stringify({ state: agent.state, since: new Date(agent.stateSince).toISOString() });
      if (data === said) return;
      said = data;
      stream.send({ event: "state", data });
    };
    say(stream.bound.agent);
    stream.lastWords = (reason) => ({ event: "state", data: JSON.stringify({ state: "ended", reason }) });
    return async () => {
      const agent = await this.#sessions.agentOf(stream.bound.session).catch(() => null);
      if (agent !== null) say(agent);
    };
  }
}

/** One stream's place among the agent's events, which it hears of by messages and can read again. */
class EventLine {
  readonly #stream: EventStream;
  readonly #eventsAfter: (afterId: string) => Promise<StoredEvent[]>;
  /** The last event that the client has, or that it did not want; empty: there was none yet. Null: not known. */
  #place: string | null = null;
  /** Heard while the first ones are read: sent after them. */
  #early: StoredEvent[] | null = [];
  /** Sent after reading them, before their message came. */
  readonly #readAhead = new Set<string>();
  /** Heard of while catching up, which will find them. */
  #heard: Set<string> | null = null;
  #again = false;

  constructor(stream: EventStream, eventsAfter: (afterId: string) => Promise<StoredEvent[]>) {
    this.#stream = stream;
    this.#eventsAfter = eventsAfter;
  }

  async begin(lastEventId: string | null): Promise<void> {
    this.#place = lastEventId;
    const kept = await this.#eventsAfter(lastEventId ?? "").catch(() => null);
    const early = this.#early ?? [];
    this.#early = null;
    const heard = new Set(early.map(({ id }) => id));
    // What came meanwhile has to wait for what was missed before it.
    if (kept === null && lastEventId !== null) return void this.catchUp(heard);
    if (lastEventId === null) this.#place = kept === null ? null : (kept.at(-1)?.id ?? "");
    else this.#sendRead(kept ?? [], heard);
    const sent = new Set(lastEventId === null ? [] : kept?.map(({ id }) => id));
    for (const event of early) if (!sent.has(event.id)) this.#send(event);
    if (this.#again) await this.catchUp();
  }

  hear(event: StoredEvent): void {
    if (this.#readAhead.delete(event.id)) return;
    if (this.#early !== null) this.#early.push(event);
    else if (this.#heard !== null) this.#heard.add(event.id);
    else this.#send(event);
  }

  /** After messages were lost: reads what is there since the last event, until nothing has come in between. */
  async catchUp(heard = new Set<string>()): Promise<void> {
    this.#again = true;
    if (this.#early !== null || this.#heard !== null) return;
    this.#heard = heard;
    while (this.#again && !this.#stream.ended) {
      this.#again = false;
      const known = heard.size;
      const missed = await this.#eventsAfter(this.#place ?? "").catch(() => null);
      if (missed === null) await wait(ASK_AGAIN_MS, undefined, { ref: false });
      else if (this.#place !== null) this.#sendRead(missed, heard);
      else this.#beginWith(missed, heard);
      if (missed === null || heard.size > known) this.#again = true;
    }
    this.#heard = null;
  }

  /** A client that wants only what is new, and had to wait for the store to say what is old: what it heard of is new. */
  #beginWith(kept: readonly StoredEvent[], heard: ReadonlySet<string>): void {
    const firstNew = kept.findIndex(({ id }) => heard.has(id));
    this.#place = kept.at(-1)?.id ?? "";
    if (firstNew >= 0) this.#sendRead(kept.slice(firstNew), heard);
  }

  #sendRead(events: readonly StoredEvent[], heard: ReadonlySet<string>): void {
    for (const event of events) {
      if (!heard.has(event.id)) this.#readAhead.add(event.id);
      this.#send(event);
    }
  }

  #send(event: StoredEvent): void {
    this.#place = event.id;
    this.#stream.write(framed(event));
  }
}

const frames = new WeakMap<StoredEvent, string>();

/** One event at many listeners is written as text once. */
function framed(event: StoredEvent): string {
  const known = frames.get(event);
  if (known !== undefined) return known;
  const { id, type, at, content } = event;
  const text = `id: ${id}\nevent: gateway-event\ndata: ${JSON.stringify({ type, at, content })}\n\n`;
  frames.set(event, text);
  return text;
}
