import { session, streamRefusal } from "./service.js";

const PATH = "/conferences/stream?expand=details";
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** A line that broke silently is found by asking: comments of the stream do not reach a script. */
const CHECK_MS = 45_000;

/**
 * The list as it changes. Tells where it stands by `onState`: `connecting`, `live`, `failing` (the gateway, with its
 * problem) or `reconnecting` (perhaps with a failure); and by `onEnd` why nothing more can come.
 */
export class ConferenceStream {
  #tell;
  #source = null;
  #again = null;
  #check = null;
  #pauseMs = FIRST_PAUSE_MS;
  #closed = false;

  constructor({ onList, onState, onSession, onEnd }) {
    this.#tell = { onList, onState, onSession, onEnd };
    this.#tell.onState("connecting");
    this.#open();
    this.#check = setInterval(() => void this.#ask(), CHECK_MS);
    addEventListener("online", this.#restart);
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#again);
    clearInterval(this.#check);
    removeEventListener("online", this.#restart);
    this.#source?.close();
  }

  #open() {
    clearTimeout(this.#again);
    this.#source?.close();
    const source = new EventSource(PATH);
    this.#source = source;
    const on = (name, listener) =>
      source.addEventListener(name, (event) => {
        if (!this.#closed && source === this.#source)
          listener(event.data === undefined ? null : JSON.parse(event.data));
      });
    on("conferences", ({ conferences }) => {
      this.#pauseMs = FIRST_PAUSE_MS;
      this.#tell.onList(conferences);
      this.#tell.onState("live");
    });
    on("problem", (problem) => {
      this.#pauseMs = FIRST_PAUSE_MS;
      this.#tell.onState("failing", problem);
    });
    on("session-ended", ({ reason }) => this.#end(reason));
    on("token-expired", () => this.#end("token-expired"));
    on("error", () => {
      this.#tell.onState("reconnecting");
      // Otherwise the browser tries again by itself.
      if (source.readyState === EventSource.CLOSED) void this.#findOut();
    });
  }

  #end(reason) {
    this.close();
    this.#tell.onEnd(reason);
  }

  async #findOut() {
    const refusal = await streamRefusal(PATH);
    if (this.#closed) return;
    if (refusal?.endsSession) return this.#end(refusal.code);
    if (refusal !== null) this.#tell.onState("reconnecting", refusal);
    const pause = Math.max(this.#pauseMs, (refusal?.retryAfter ?? 0) * 1_000);
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#open(), pause);
  }

  #restart = () => {
    this.#tell.onState("reconnecting");
    this.#open();
  };

  async #ask() {
    try {
      const answer = await session();
      if (!this.#closed) this.#tell.onSession(answer);
    } catch (failure) {
      if (this.#closed) return;
      if (failure.endsSession) this.#end(failure.code);
      else if (failure.code === "no-answer") this.#restart();
    }
  }
}
