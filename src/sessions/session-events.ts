import type { EventStream } from "../http/event-streams.ts";
import type { AgentSession } from "./model.ts";
import type { Sessions } from "./sessions.ts";
import type { StoredEvent } from "./stores/port.ts";

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
    let state = "";
    const sayState = (agent: AgentSession): void => {
      const data = JSON.stringify({ state: agent.state, since: new Date(agent.stateSince).toISOString() });
      if (data === state) return;
      state = data;
      stream.send({ event: "state", data });
    };
    const lookAgain = async (): Promise<void> => {
      const agent = await this.#sessions.agentOf(stream.bound.session).catch(() => null);
      if (agent !== null) sayState(agent);
    };
    sayState(stream.bound.agent);
    stream.lastWords = (reason) => ({ event: "state", data: JSON.stringify({ state: "ended", reason }) });

    // Heard while the missed ones are read: sent after them.
    let early: StoredEvent[] | null = [];
    // A message can come later than the event is found among the missed ones.
    const replayed = new Set<string>();
    const unsubscribe = await store.subscribe(agentId, (message) => {
      if (message.type === "agent-changed") void lookAgain();
      if (message.type !== "event" || replayed.delete(message.event.id)) return;
      if (early !== null) early.push(message.event);
      else stream.write(framed(message.event));
    });
    stream.onEnd(unsubscribe);
    // Between the look-up of the session and the subscription the state may have changed unheard.
    const [missed] = await Promise.all([
      lastEventId === null ? [] : store.eventsAfter(agentId, lastEventId).catch(() => []),
      lookAgain(),
    ]);
    for (const event of missed) {
      replayed.add(event.id);
      stream.write(framed(event));
    }
    for (const event of early) if (!replayed.delete(event.id)) stream.write(framed(event));
    early = null;
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
