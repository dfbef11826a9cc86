import { type AgentId, conferenceEvent } from "../../gateway/index.ts";
import { framed } from "../../http/event-stream.ts";
import { mayHear } from "../belonging.ts";
import { Doorbell } from "../doorbell.ts";
import { EventLine } from "../event-line.ts";
import type { BoundSession, Sessions } from "../sessions.ts";
import type { StoredEvent } from "../stores/agent-messages.ts";
import type { SessionTraces } from "../traces.ts";
import type { SessionStream } from "./session-stream.ts";

/**
 * The agent's gateway events and the session's own state, to every device that listens, on whichever instance it is.
 * What the one poll brings reaches all of them through the store.
 */
export class SessionEvents {
  readonly #sessions: Sessions;
  readonly #traces: SessionTraces | null;
  readonly #readings: SharedReadings;

  constructor(sessions: Sessions, traces: SessionTraces | null = null) {
    this.#sessions = sessions;
    this.#traces = traces;
    this.#readings = new SharedReadings(sessions);
  }

  /**
   * Sends the state at once, then what the client missed since `lastEventId`, then everything new, in order and once.
   *
   * @param lastEventId null: the client has seen nothing and wants only what is new
   */
  async listen(stream: SessionStream, lastEventId: string | null): Promise<void> {
    const { agentId } = stream.bound.agent;
    const state = this.#state(stream);
    const told = this.#traces?.listener();
    const line = new EventLine(lastEventId, {
      bell: this.#sessions,
      read: (afterId) => this.#read(stream, afterId),
      send: (event) => {
        if (!mayHear(stream.bound.session, event)) return;
        stream.write(framedOnce(event));
        told?.(event);
      },
    });
    stream.onEnd(() => {
      line.end();
      state.end();
    });
    const unsubscribe = await this.#sessions.listen(agentId, (message) => {
      line.hear(message);
      if (message.type === "agent-changed" || message.type === "messages-lost") void state.ring();
    });
    stream.onEnd(unsubscribe);
    // Between the look-up of the session and the subscription the state may have changed unheard.
    await Promise.all([line.ring(), state.ring()]);
  }

  /** The events after the place of a stream, whose session stands after they came in, if there is one among them for it. */
  async #read(stream: SessionStream, afterId: string): Promise<readonly StoredEvent[]> {
    const events = await this.#readings.after(stream.bound.session.agentId, afterId);
    if (events.some((event) => mayHear(stream.bound.session, event))) await stream.verified();
    return events;
  }

  /** Says the state, and again when it has become another. */
  #state(stream: SessionStream): Doorbell {
    let said = "";
    const say = ({ agent }: BoundSession): void => {
      const data = JSON.stringify({ state: agent.state, since: new Date(agent.stateSince).toISOString() });
      if (data === said || stream.ended) return;
      said = data;
      stream.send({ event: "state", data });
    };
    say(stream.bound);
    stream.sayAlive();
    stream.lastWords = (reason) => ({ event: "state", data: JSON.stringify({ state: "ended", reason }) });
    return new Doorbell(this.#sessions, async () => say(await stream.verified()));
  }
}

/** Readings that the listeners of one agent want at the same moment, from the same place on, are one. */
class SharedReadings {
  readonly #sessions: Sessions;
  readonly #next = new Map<string, Promise<readonly StoredEvent[]>>();

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  after(agentId: AgentId, afterId: string): Promise<readonly StoredEvent[]> {
    const key = `${agentId} ${afterId}`;
    const known = this.#next.get(key);
    if (known !== undefined) return known;
    // Begun when all have heard the message that makes them read: a reading of before it may not have what it tells of.
    const reading = Promise.resolve().then(() => {
      this.#next.delete(key);
      return this.#sessions.eventsAfter(agentId, afterId);
    });
    this.#next.set(key, reading);
    return reading;
  }
}

const frames = new WeakMap<StoredEvent, string>();

/**
 * One event at many listeners is written as text once. One of the conference family comes as what it means first, without
 * an `id`, so that who is cut off between the two gets both again.
 */
function framedOnce(event: StoredEvent): string {
  const known = frames.get(event);
  if (known !== undefined) return known;
  const { id, type, at, content } = event;
  const text = `${meaning(event)}${framed({ event: "gateway-event", data: JSON.stringify({ type, at, content }), id })}`;
  frames.set(event, text);
  return text;
}

function meaning({ type, at, content }: StoredEvent): string {
  const understood = conferenceEvent({ type, content });
  if (understood === null) return "";
  const { type: event, ...told } = understood;
  return framed({ event, data: JSON.stringify({ at, ...told }) });
}
