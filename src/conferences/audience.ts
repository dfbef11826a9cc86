import { framed } from "../http/event-stream.ts";
import { type ProblemTypes, problemBody } from "../http/problem-response.ts";
import { Problem } from "../problems.ts";
import type { SessionStream } from "../sessions/api/index.ts";
import { Doorbell, type Sessions } from "../sessions/index.ts";
import type { ConferenceList } from "./kept-lists.ts";

interface Options {
  readonly sessions: Pick<Sessions, "clock" | "unexpected">;
  readonly intervalMs: number;
  readonly types: ProblemTypes;
  /** Asks with the session of one who listens. */
  readonly ask: (asker: SessionStream) => Promise<ConferenceList>;
}

interface FramedList {
  readonly id: string;
  readonly text: string;
}

interface Listener {
  readonly requestId: string;
  /** Shows it what is to be shown last. */
  readonly bell: Doorbell;
}

/** The listeners of the list of one agent's sign-in, with or without details. */
export class Audience {
  readonly #options: Options;
  readonly #listeners = new Map<SessionStream, Listener>();
  #last: FramedList | null = null;
  /** When the gateway was asked for the list that it confirmed last: a reading of the clock's `monotonic()`. */
  #asOf: number | null = null;
  #problem: Problem | null = null;
  #asking = false;

  constructor(options: Options) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#listeners.size === 0;
  }

  /** Tells a newcomer what the others know. */
  enter(stream: SessionStream, requestId: string): void {
    stream.alive = () => this.#freshness();
    const bell = this.#bell(stream);
    this.#listeners.set(stream, { requestId, bell });
    if (this.#problem !== null) this.#tellProblem(stream, this.#problem, requestId);
    else void bell.ring();
  }

  leave(stream: SessionStream): void {
    this.#listeners.get(stream)?.bell.end();
    this.#listeners.delete(stream);
  }

  /**
   * Asks once for all of them, unless it is still waiting for the answer to an earlier question: with the first whose session
   * stands, since one that has ended ends its stream by itself. Who comes meanwhile is asked with as well.
   */
  async refresh(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    for (const asker of this.#listeners.keys()) {
      const problem = await this.#askWith(asker);
      if (problem?.code === "session-not-found") continue;
      if (problem !== null) this.#complain(problem);
      break;
    }
    this.#asking = false;
  }

  async #askWith(asker: SessionStream): Promise<Problem | null> {
    try {
      this.#announce(await this.#options.ask(asker));
      return null;
    } catch (error) {
      if (error instanceof Problem) return error;
      if (this.#problem?.code !== "internal-error") this.#options.sessions.unexpected(error);
      return new Problem("internal-error");
    }
  }

  #announce(list: ConferenceList): void {
    const id = list.etag.slice(1, -1);
    const recovered = this.#problem !== null;
    this.#problem = null;
    this.#asOf = list.asOf;
    if (this.#last?.id === id && !recovered) return;
    this.#last = { id, text: framed({ event: "conferences", data: list.body, id }) };
    for (const { bell } of this.#listeners.values()) void bell.ring();
  }

  /** A list is shown to a session that stands after it was asked for. */
  #bell(stream: SessionStream): Doorbell {
    let shown: FramedList | null = null;
    return new Doorbell(this.#options.sessions, async () => {
      if (this.#last === null || this.#last === shown) return;
      await stream.verified();
      // It may have been said meanwhile that the gateway fails.
      if (this.#problem !== null || this.#last === null) return;
      shown = this.#last;
      stream.offerState(shown.text);
    });
  }

  /** What a listener has to know to tell an old list from a quiet day. */
  #freshness(): { readonly asOf: string | null; readonly intervalMs: number } {
    const { sessions, intervalMs } = this.#options;
    const since = this.#asOf === null ? null : sessions.clock.wall() - (sessions.clock.monotonic() - this.#asOf);
    return { asOf: since === null ? null : new Date(since).toISOString(), intervalMs };
  }

  /** Said once for each kind of failure in a row, not at every refresh. */
  #complain(problem: Problem): void {
    const said = this.#problem;
    this.#problem = problem;
    if (said?.code === problem.code && said.retcode === problem.retcode) return;
    for (const [stream, { requestId }] of this.#listeners) this.#tellProblem(stream, problem, requestId);
  }

  #tellProblem(stream: SessionStream, problem: Problem, requestId: string): void {
    const body = problemBody(problem, requestId, this.#options.types);
    stream.sayAfterState(framed({ event: "problem", data: JSON.stringify(body) }));
  }
}
