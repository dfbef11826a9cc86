import { framed } from "../http/event-stream.ts";
import { problemBody } from "../http/problem-response.ts";
import { Problem } from "../problems.ts";
import type { SessionStream } from "../sessions/api/index.ts";
import type { Sessions } from "../sessions/index.ts";
import type { ConferenceLists } from "./conference-lists.ts";
import type { ConferenceList } from "./kept-lists.ts";

interface Deps {
  readonly lists: ConferenceLists;
  readonly sessions: Sessions;
  readonly intervalMs: number;
}

/** The listeners of one agent's list, with or without details. */
interface Audience {
  readonly listeners: Map<SessionStream, string>;
  last: { readonly id: string; readonly text: string } | null;
  /** When the gateway was asked for the list that it confirmed last: a reading of `performance.now()`. */
  asOf: number | null;
  problem: Problem | null;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Lists that have listeners, refreshed at one pace for all of them: an inspector who is no member of a conference gets
 * no event about it, so asking again is the only way to see a change (reference, section on conference events).
 */
export class ConferenceStream {
  readonly #deps: Deps;
  readonly #audiences = new Map<string, Audience>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Sends the list at once, then at every change; a problem while the gateway fails. */
  listen(stream: SessionStream, details: boolean, requestId: string): void {
    // A session that a backend bound may never see the answer that the inspectors of a VDN share.
    const key = `${stream.bound.agent.agentId} ${stream.bound.session.boundBy} ${details}`;
    const known = this.#audiences.get(key);
    const audience = known ?? { listeners: new Map(), last: null, asOf: null, problem: null, timer: undefined };
    stream.alive = () => this.#freshness(audience);
    if (known === undefined) {
      this.#audiences.set(key, audience);
      this.#refresh(audience, details, 0);
    } else if (audience.problem !== null) {
      sendProblem(stream, audience.problem, requestId);
    } else if (audience.last !== null) {
      stream.sayAlive(audience.last.text);
    }
    audience.listeners.set(stream, requestId);
    stream.onEnd(() => {
      audience.listeners.delete(stream);
      if (audience.listeners.size > 0) return;
      clearTimeout(audience.timer);
      if (this.#audiences.get(key) === audience) this.#audiences.delete(key);
    });
  }

  close(): void {
    for (const audience of this.#audiences.values()) clearTimeout(audience.timer);
    this.#audiences.clear();
  }

  #refresh(audience: Audience, details: boolean, delayMs: number): void {
    audience.timer = setTimeout(async () => {
      await this.#round(audience, details);
      if (audience.listeners.size > 0) this.#refresh(audience, details, this.#deps.intervalMs);
    }, delayMs);
    audience.timer.unref();
  }

  async #round(audience: Audience, details: boolean): Promise<void> {
    const asker = audience.listeners.keys().next();
    if (asker.done) return;
    try {
      this.#announce(audience, await this.#list(asker.value, details));
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem("internal-error");
      // The asker's session has ended: its stream ends with it, and the next round asks with another's.
      if (problem.code === "session-not-found") return;
      this.#complain(audience, problem);
    }
  }

  async #list(asker: SessionStream, details: boolean): Promise<ConferenceList> {
    const { sessions, lists } = this.#deps;
    const { session } = asker.bound;
    const agent = await sessions.agentOf(session);
    if (agent === null || !(await sessions.use(session))) throw new Problem("session-not-found");
    return lists.list({ session, agent }, { details });
  }

  #announce(audience: Audience, list: ConferenceList): void {
    const id = list.etag.slice(1, -1);
    const recovered = audience.problem !== null;
    audience.problem = null;
    audience.asOf = list.asOf;
    if (audience.last?.id === id && !recovered) return;
    audience.last = { id, text: framed({ event: "conferences", data: list.body, id }) };
    for (const stream of audience.listeners.keys()) stream.sayAlive(audience.last.text);
  }

  /** What a listener has to know to tell an old list from a quiet day. */
  #freshness({ asOf }: Audience): { readonly asOf: string | null; readonly intervalMs: number } {
    const { sessions, intervalMs } = this.#deps;
    const since = asOf === null ? null : sessions.clock.wall() - (performance.now() - asOf);
    return { asOf: since === null ? null : new Date(since).toISOString(), intervalMs };
  }

  /** Said once for each kind of failure in a row, not at every refresh. */
  #complain(audience: Audience, problem: Problem): void {
    const said = audience.problem;
    audience.problem = problem;
    if (said?.code === problem.code && said.retcode === problem.retcode) return;
    for (const [stream, requestId] of audience.listeners) sendProblem(stream, problem, requestId);
  }
}

function sendProblem(stream: SessionStream, problem: Problem, requestId: string): void {
  stream.send({ event: "problem", data: JSON.stringify(problemBody(problem, requestId)) });
}
