import { framed } from "../http/event-stream.ts";
import { problemBody } from "../http/problem-response.ts";
import { Problem } from "../problems.ts";
import type { SessionStream } from "../sessions/api/index.ts";
import type { Sessions } from "../sessions/index.ts";
import type { ConferenceList } from "./kept-lists.ts";

interface Options {
  readonly clock: Sessions["clock"];
  readonly intervalMs: number;
  /** Asks with the session of one who listens. */
  readonly ask: (asker: SessionStream) => Promise<ConferenceList>;
}

/** The listeners of one agent's list, with or without details. */
export class Audience {
  readonly #options: Options;
  /** Each with the id of its request. */
  readonly #listeners = new Map<SessionStream, string>();
  #last: { readonly id: string; readonly text: string } | null = null;
  /** When the gateway was asked for the list that it confirmed last: a reading of `performance.now()`. */
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
    if (this.#problem !== null) tellProblem(stream, this.#problem, requestId);
    else if (this.#last !== null) stream.sayAlive(this.#last.text);
    this.#listeners.set(stream, requestId);
  }

  leave(stream: SessionStream): void {
    this.#listeners.delete(stream);
  }

  /** Asks once for all of them, unless it is still waiting for the answer to an earlier question. */
  async refresh(): Promise<void> {
    const asker = this.#listeners.keys().next();
    if (asker.done || this.#asking) return;
    this.#asking = true;
    try {
      this.#announce(await this.#options.ask(asker.value));
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem("internal-error");
      // The asker's session has ended: its stream ends with it, and the next round asks with another's.
      if (problem.code !== "session-not-found") this.#complain(problem);
    } finally {
      this.#asking = false;
    }
  }

  #announce(list: ConferenceList): void {
    const id = list.etag.slice(1, -1);
    const recovered = this.#problem !== null;
    this.#problem = null;
    this.#asOf = list.asOf;
    if (this.#last?.id === id && !recovered) return;
    this.#last = { id, text: framed({ event: "conferences", data: list.body, id }) };
    for (const stream of this.#listeners.keys()) stream.offerState(this.#last.text);
  }

  /** What a listener has to know to tell an old list from a quiet day. */
  #freshness(): { readonly asOf: string | null; readonly intervalMs: number } {
    const { clock, intervalMs } = this.#options;
    const since = this.#asOf === null ? null : clock.wall() - (performance.now() - this.#asOf);
    return { asOf: since === null ? null : new Date(since).toISOString(), intervalMs };
  }

  /** Said once for each kind of failure in a row, not at every refresh. */
  #complain(problem: Problem): void {
    const said = this.#problem;
    this.#problem = problem;
    if (said?.code === problem.code && said.retcode === problem.retcode) return;
    for (const [stream, requestId] of this.#listeners) tellProblem(stream, problem, requestId);
  }
}

function tellProblem(stream: SessionStream, problem: Problem, requestId: string): void {
  stream.sayAfterState(framed({ event: "problem", data: JSON.stringify(problemBody(problem, requestId)) }));
}
