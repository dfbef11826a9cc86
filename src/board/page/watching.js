import { isProblem } from "./client/index.js";
import { afterEnd } from "./farewells.js";
import { GreatestAge } from "./greatest-age.js";
import { statusOf } from "./status.js";

/**
 * @import { Client, Session, WatchUpdate } from "./client/index.js"
 * @import { Showing } from "./showing.js"
 */

/** How often the session is looked at, and how soon again when that failed. */
const LOOK_MS = 60_000;
const LOOK_AGAIN_MS = 5_000;

/**
 * @typedef {object} WatchingEars
 * @property {(session: Session) => void} onSession
 * @property {(reason: string | null, text: string | null) => void} onEnd there is no session any more; the text is null when
 *   there was none to begin with
 */

/** Brings what the service says onto the board, from a session's beginning to its end. */
export class Watching {
  #client;
  #showing;
  #ears;
  #watch;
  #closed = new AbortController();
  #ticker;
  #greatestAge = new GreatestAge();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #look;
  #looks = 0;
  /** Whether the service was not to be reached: the cookie may name another session by now. */
  #away = false;
  #helped = "";

  /**
   * @param {Client} client
   * @param {Showing} showing
   * @param {WatchingEars} ears
   */
  constructor(client, showing, ears) {
    this.#client = client;
    this.#showing = showing;
    this.#ears = ears;
    this.#watch = this.#begin();
    this.#ticker = ticker(() => this.#tick());
    const { signal } = this.#closed;
    // What the page shows while it stands still has to stay true, and be true at once when it goes on.
    document.addEventListener("freeze", () => this.#showing.pause(), { signal });
    document.addEventListener("resume", () => this.#goOn(), { signal });
    document.addEventListener("visibilitychange", () => this.#tick(), { signal });
    addEventListener("pageshow", ({ persisted }) => persisted && this.#goOn(), { signal });
    void this.#lookAtSession();
  }

  close() {
    this.#closed.abort();
    this.#watch.close();
    this.#ticker.stop();
    clearTimeout(this.#look);
  }

  #begin() {
    const watch = this.#client.watch({ details: true }, (update) => {
      if (!this.#closed.signal.aborted && watch === this.#watch) this.#hear(update);
    });
    return watch;
  }

  /** @param {WatchUpdate} update */
  #hear(update) {
    switch (update.type) {
      case "conferences":
        this.#showing.note("list", null);
        this.#showing.showList(update.conferences);
        this.#tick();
        if (this.#away) void this.#lookAtSession();
        this.#away = false;
        break;
      case "alive":
        this.#showing.hearTime(update.at);
        this.#tick();
        break;
      case "freshness":
        this.#tick();
        break;
      case "trouble":
        if (update.source !== "gateway") this.#away = true;
        if (this.#showing.waits) void this.#explain(update.problem?.code ?? null);
        break;
      case "end":
        return this.#end(afterEnd(update), update.reason);
    }
  }

  /** @param {ReturnType<typeof afterEnd>} then @param {string | null} reason */
  #end(then, reason) {
    if (then.to === "sign-in") {
      this.close();
      return this.#ears.onEnd(reason, then.text);
    }
    this.#ticker.stop();
    clearTimeout(this.#look);
    this.#showing.stop(then, () => {
      this.#showing.note("list", null);
      this.#watch = this.#begin();
      this.#ticker = ticker(() => this.#tick());
      void this.#lookAtSession();
    });
  }

  #tick() {
    if (this.#closed.signal.aborted) return;
    this.#showing.showStatus(statusOf(this.#watch.freshness));
    this.#showing.tick();
  }

  #goOn() {
    this.#tick();
    void this.#lookAtSession();
  }

  /** Where there is no list to show, what keeps it away. @param {string | null} code */
  async #explain(code) {
    const { problem } = this.#watch.freshness.trouble ?? { problem: null };
    if (problem === null || code === this.#helped) return;
    this.#helped = problem.code;
    const passing = "The board goes on by itself as soon as it can.";
    const retcode = problem.retcode === null ? "" : ` (gateway code ${problem.retcode})`;
    this.#showing.note("list", { kind: "bad", title: `${problem.title}${retcode}`, text: passing });
    if (problem.passes) return;
    const help = await this.#help(problem.code);
    if (this.#helped === problem.code && this.#showing.waits && help !== null) {
      this.#showing.note("list", { kind: "bad", title: `${problem.title}${retcode}`, text: help });
    }
  }

  /** What the service says about a problem. @param {string} code @returns {Promise<string | null>} */
  #help(code) {
    return this.#client.explain(code, { signal: this.#closed.signal }).then(
      ({ help }) => help,
      () => null,
    );
  }

  /** Who is bound, and for how long still. The stream tells of an end; this only of what comes with time. */
  async #lookAtSession() {
    let next = LOOK_MS;
    clearTimeout(this.#look);
    this.#looks += 1;
    const look = this.#looks;
    try {
      const session = await this.#client.session({ signal: this.#closed.signal });
      if (look !== this.#looks || this.#closed.signal.aborted) return;
      this.#ears.onSession(session);
      // Of another agent: there is another board by now.
      if (this.#closed.signal.aborted) return;
      const left = this.#greatestAge.look(session.expiresAt, this.#showing.serviceNow);
      if (left !== null) {
        this.#showing.note("age", {
          kind: "warn",
          title: `This session reaches its greatest age in ${left} min.`,
          text: "Then it ends, whatever you do. Sign out and in again when it suits you.",
        });
      }
    } catch (error) {
      if (this.#closed.signal.aborted) return;
      if (!isProblem(error)) throw error;
      next = Math.max(LOOK_AGAIN_MS, error.retryAfterMs ?? 0);
    }
    if (look === this.#looks && !this.#closed.signal.aborted)
      this.#look = setTimeout(() => void this.#lookAtSession(), next);
  }
}

/** A beat a second, also while the page is out of sight. @param {() => void} onBeat */
function ticker(onBeat) {
  onBeat();
  const worker = new Worker(new URL("./tick.js", import.meta.url), { type: "module" });
  worker.onmessage = onBeat;
  // Where there are no workers it is a page's own timer.
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  worker.onerror = () => {
    timer = setInterval(onBeat, 1_000);
  };
  return {
    stop() {
      worker.terminate();
      clearInterval(timer);
    },
  };
}
