import { type ConferenceEvent, conferenceEvent } from "../../gateway/index.ts";
import type { BoundSession, Sessions } from "../../sessions/index.ts";

/** A message can get lost with a connection to the store: so it is looked without one too, this often. */
const LOOK_AGAIN_MS = 500;

/**
 * Waits for what becomes of a control call. Its outcome comes as an event, which the poll of whichever instance brings and
 * the store passes on; to be opened before the call is sent, since the event can be earlier than the call's own answer.
 */
export class Watch {
  /** What was heard of the agent's conference since. */
  readonly heard: ConferenceEvent[] = [];
  readonly #clock: Sessions["clock"];
  #rung = false;
  #ring = new AbortController();
  #unsubscribe: () => void = () => undefined;

  /** While the store passes nothing on, it is looked now and then. */
  static async open(sessions: Sessions, { agent }: BoundSession): Promise<Watch> {
    const watch = new Watch(sessions.clock);
    try {
      watch.#unsubscribe = await sessions.listen(agent.agentId, (message) => {
        if (message.type === "event" && message.event.recordId === agent.recordId) {
          const event = conferenceEvent(message.event);
          if (event !== null) watch.heard.push(event);
        }
        watch.#rung = true;
        watch.#ring.abort();
      });
    } catch {
      // The call is made all the same.
    }
    return watch;
  }

  private constructor(clock: Sessions["clock"]) {
    this.#clock = clock;
  }

  /**
   * Looks now, and at each message, until there is something to see: `null` where there was not in time. A look that fails
   * has seen nothing.
   *
   * @param deadline a reading of the clock's `monotonic()`
   */
  async until<Seen>(deadline: number, look: () => Promise<Seen | null> | Seen | null): Promise<Seen | null> {
    for (;;) {
      this.#rung = false;
      const seen = await Promise.resolve()
        .then(look)
        .catch(() => null);
      if (seen !== null) return seen;
      const left = deadline - this.#clock.monotonic();
      if (left <= 0) return null;
      if (this.#rung) continue;
      this.#ring = new AbortController();
      await this.#clock.wait(Math.min(LOOK_AGAIN_MS, left), this.#ring.signal).catch(() => undefined);
    }
  }

  close(): void {
    this.#unsubscribe();
  }
}
