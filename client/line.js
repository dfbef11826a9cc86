import { Deadline } from "./deadline.js";
import { EventBlocks } from "./event-blocks.js";
import { Pauses } from "./pauses.js";
import { noAnswer, notTheService, ProblemError } from "./problem.js";

/** @import { Calls } from "./calls.js" */

/**
 * What keeps a line from bringing news.
 *
 * @typedef {object} Trouble
 * @property {"gateway" | "service" | "line" | "network"} source `gateway`: the service is there, its gateway fails.
 *   `service`: it, or a proxy for it, says that it cannot. `line`: nothing comes through, from a service that hangs or
 *   over a network that does. `network`: the browser says that it is offline
 * @property {ProblemError | null} problem null: nobody has named one yet
 */

/**
 * Why a line has ended for good.
 *
 * @typedef {object} End
 * @property {"session-ended" | "token-expired" | "replaced" | "refused" | "closed"} why `replaced`: this session has
 *   opened too many streams, and this was the oldest. `refused`: the service takes no such request, see `problem`
 * @property {string | null} reason of `session-ended`, as the service names it
 * @property {ProblemError | null} problem
 */

/**
 * @typedef {object} Timing
 * @property {number} [firstPauseMs] before the first attempt to come back; 500
 * @property {number} [longestPauseMs] between two attempts; 15,000
 * @property {number} [answerMs] how long an answer may take; 10,000
 * @property {number} [silenceMs] after which a line without any event counts as broken; 8,000. The service says
 *   something every 5 s
 * @property {number} [steadyMs] how long a line has to bring something before its loss counts as the first one; 5,000
 */

/**
 * @typedef {object} LineEars
 * @property {() => void} onOpen the service has answered
 * @property {(event: string, data: any, id: string | null) => void | Promise<void>} onEvent
 * @property {(trouble: Trouble) => void} onTrouble an attempt has failed, or the line has fallen silent
 * @property {(end: End) => void} onEnd said once, the last thing
 */

const USUAL = { firstPauseMs: 500, longestPauseMs: 15_000, answerMs: 10_000, silenceMs: 8_000, steadyMs: 5_000 };

/**
 * One stream of the service that is there for as long as somebody wants it: it comes back after every loss, from where
 * it was (`Last-Event-ID`), and ends only where coming back makes no sense.
 */
export class Line {
  #calls;
  #path;
  #ears;
  #timing;
  #pauses;
  /** @type {string | null} */
  #lastEventId = null;
  /** Whether the service itself has answered before. */
  #known = false;
  #attempt = new AbortController();
  #closed = new AbortController();
  /** @type {(() => void) | null} */
  #wake = null;

  /**
   * @param {Calls} calls
   * @param {string} path
   * @param {LineEars} ears
   * @param {{ timing?: Timing | undefined, signal?: AbortSignal | undefined, lastEventId?: string | undefined }} options
   */
  constructor(calls, path, ears, { timing, signal, lastEventId }) {
    this.#calls = calls;
    this.#path = path;
    this.#ears = ears;
    this.#timing = { ...USUAL, ...timing };
    this.#pauses = new Pauses(this.#timing.firstPauseMs, this.#timing.longestPauseMs);
    this.#lastEventId = lastEventId ?? null;
    if (signal?.aborted) this.#closed.abort();
    signal?.addEventListener("abort", this.close, { once: true, signal: this.#closed.signal });
    globalThis.addEventListener?.("online", this.renew, { signal: this.#closed.signal });
    globalThis.addEventListener?.("offline", this.#offline, { signal: this.#closed.signal });
    void this.#run();
  }

  close = () => {
    this.#closed.abort();
    this.#attempt.abort();
    this.#wake?.();
  };

  /** Comes back at once, over a new connection. */
  renew = () => {
    this.#pauses.reset();
    this.#attempt.abort();
    this.#wake?.();
  };

  #offline = () => this.#ears.onTrouble({ source: "network", problem: noAnswer(undefined) });

  async #run() {
    /** @type {End} */
    let end = { why: "closed", reason: null, problem: null };
    while (!this.#closed.signal.aborted) {
      this.#attempt = new AbortController();
      const farewell = await this.#live(this.#attempt.signal).catch((error) => this.#failed(error));
      if (this.#closed.signal.aborted) break;
      if (farewell !== null) {
        end = farewell;
        break;
      }
      if (!this.#attempt.signal.aborted) await this.#pause();
    }
    this.#closed.abort();
    this.#ears.onEnd(end);
  }

  /**
   * One connection, to its end.
   *
   * @param {AbortSignal} renewed
   * @returns {Promise<End | null>} null: to be continued
   */
  async #live(renewed) {
    const silence = new Deadline();
    const signal = AbortSignal.any([renewed, silence.signal]);
    try {
      silence.within(this.#timing.answerMs);
      /** @type {Record<string, string>} */
      const headers = { Accept: "text/event-stream" };
      if (this.#lastEventId !== null) headers["Last-Event-ID"] = this.#lastEventId;
      const response = await this.#calls.send("GET", this.#path, { headers, signal });
      const { body } = response;
      if (body === null || !response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
        void body?.cancel();
        throw notTheService(response.status);
      }
      this.#known = true;
      this.#ears.onOpen();
      const opened = performance.now();
      const pieces = new EventBlocks();
      const reader = body.getReader();
      const decoder = new TextDecoder();
      for (;;) {
        silence.within(this.#timing.silenceMs);
        const { done, value } = await reader.read().catch((error) => {
          if (silence.signal.aborted) throw silence.signal.reason;
          // A line that breaks is like one that ends: whether it is any trouble shows when it comes back.
          if (renewed.aborted) throw error;
          return { done: true, value: undefined };
        });
        // Whoever is slow with what came is not the line's fault.
        silence.stop();
        if (done) return null;
        for (const block of pieces.take(decoder.decode(value, { stream: true }))) {
          // Not by the time since the attempt began, nor by half an event: whoever hangs or has no end would be asked anew
          // without pauses that grow.
          if (performance.now() - opened > this.#timing.steadyMs) this.#pauses.reset();
          if (block.retryMs !== null) this.#pauses.ask(block.retryMs);
          const end = await this.#take(block);
          if (end !== null || signal.aborted) return end;
        }
      }
    } finally {
      silence.stop();
      silence.abort();
    }
  }

  /**
   * @param {import("./event-blocks.js").EventBlock} block
   * @returns {Promise<End | null>}
   */
  async #take({ event, data, id }) {
    if (data === "") return null;
    const parsed = JSON.parse(data);
    switch (event) {
      case "session-ended":
        return { why: "session-ended", reason: parsed.reason, problem: null };
      case "replaced":
        return { why: "replaced", reason: null, problem: null };
      case "token-expired":
        return this.#calls.credentials.renewable ? null : { why: "token-expired", reason: null, problem: null };
      case "instance-ending":
        return null;
    }
    if (this.#closed.signal.aborted) return null;
    await this.#ears.onEvent(event, parsed, id);
    // Kept when it has been delivered, or the next connection would begin after it.
    if (id !== null) this.#lastEventId = id;
    return null;
  }

  /**
   * @param {unknown} error
   * @returns {End | null}
   */
  #failed(error) {
    if (this.#attempt.signal.aborted) return null;
    const problem = error instanceof ProblemError ? error : noAnswer(error);
    const { code } = problem;
    if (code === "token-expired") return { why: "token-expired", reason: null, problem };
    if (problem.endsSession && !code.startsWith("token-")) return { why: "session-ended", reason: code, problem };
    // Where the service was, another's page of whatever status stands in for it, such as a router's 404 while it is deployed.
    const standsIn = this.#known && code === "not-the-service";
    if (!problem.passes && !standsIn) return { why: "refused", reason: null, problem };
    this.#pauses.ask(problem.retryAfterMs);
    const offline = globalThis.navigator?.onLine === false;
    const answered = problem.status > 0;
    this.#ears.onTrouble({ source: offline ? "network" : answered ? "service" : "line", problem });
    return null;
  }

  #pause() {
    return new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
      const timer = setTimeout(resolve, this.#pauses.next());
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
