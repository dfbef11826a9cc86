import type { AgentId } from "../../gateway/index.ts";
import { framed } from "../../http/event-stream.ts";
import { EventLine } from "../event-line.ts";
import type { AgentSession } from "../model.ts";
import type { Sessions } from "../sessions.ts";
import type { StoredEvent } from "../stores/port.ts";
import type { SessionStream } from "./session-stream.ts";

/**
 * The agent's gateway events and the session's own state, to every device that listens, on whichever instance it is.
 * What the one poll brings reaches all of them through the store.
 */
export class SessionEvents {
  readonly #sessions: Sessions;
  readonly #readings: SharedReadings;

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
    this.#readings = new SharedReadings(sessions);
  }

  /**
   * Sends the state at once, then what the client missed since `lastEventId`, then everything new, in order and once.
   *
   * @param lastEventId null: the client has seen nothing and wants only what is new
   */
  async listen(stream: SessionStream, lastEventId: string | null): Promise<void> {
    const { clock } = this.#sessions;
    const { agentId } = stream.bound.agent;
    const lookAgain = this.#states(stream);
    const line = new EventLine(lastEventId, {
      clock,
      read: (afterId) => this.#readings.after(agentId, afterId),
      send: (event) => stream.write(framedOnce(event)),
    });
    stream.onEnd(() => line.end());
    const unsubscribe = await this.#sessions.listen(agentId, (message) => {
      line.hear(message);
      if (message.type === "agent-changed" || message.type === "messages-lost") void lookAgain();
    });
    stream.onEnd(unsubscribe);
    // Between the look-up of the session and the subscription the state may have changed unheard.
    await Promise.all([line.ring(), lookAgain()]);
  }

  /** Says the state, and again when it has become another. */
  #states(stream: SessionStream): () => Promise<void> {
    let said = "";
    const say = (agent: AgentSession): void => {
      const data = JSON.stringify({ state: agent.state, since: new Date(agent.stateSince).toISOString() });
      if (data === said) return;
      said = data;
      stream.send({ event: "state", data });
    };
    say(stream.bound.agent);
    stream.sayAlive();
    stream.lastWords = (reason) => ({ event: "state", data: JSON.stringify({ state: "ended", reason }) });
    return async () => {
      const agent = await this.#sessions.agentOf(stream.bound.session).catch(() => null);
      if (agent !== null) say(agent);
    };
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

/** One event at many listeners is written as text once. */
function framedOnce(event: StoredEvent): string {
  const known = frames.get(event);
  if (known !== undefined) return known;
  const { id, type, at, content } = event;
  const text = framed({ event: "gateway-event", data: JSON.stringify({ type, at, content }), id });
  frames.set(event, text);
  return text;
}
