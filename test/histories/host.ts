import type { Clock } from "../../src/sessions/clock.ts";
import type { Timeline } from "./timeline.ts";

/** What is shorter would be lost to rounding, and whoever waits for it would wait for ever at one moment. */
const SHORTEST_MS = 0.001;
/** For so long after it went on a process is busy with what came meanwhile, a command without an answer included. */
const BUSY_MS = 2_000;
/** When every history begins. */
export const BEGIN = Date.UTC(2026, 8, 21, 14, 13, 20);

interface HostOptions {
  /** How fast its clocks go, 1 being right. */
  readonly rate: number;
  /** What its monotonic clock says at the beginning. */
  readonly monotonic: number;
  /** How far its wall clock is off at the beginning, in ms. */
  readonly off: number;
}

/**
 * One process on one machine: its clocks, and the gate through which everything reaches it. Killed, nothing does; standing
 * still, everything waits for it.
 */
export class Host {
  readonly name: string;
  readonly clock: Clock;
  /** When it was cut off from the store last, by the timeline, and until when: null while it is. */
  cutOff: { readonly from: number; until: number | null } | null = null;
  readonly #timeline: Timeline;
  readonly #rate: number;
  readonly #bornAt: number;
  readonly #monotonicAtBirth: number;
  #off: number;
  #killed = false;
  /** What came while it stands still; null while it does not. */
  #waiting: (() => void)[] | null = null;
  /** How much came while it stood still last, and when it went on. */
  #came = { much: 0, at: 0 };
  #clocksStoodSince: number | null = null;
  /** For how long its clocks have stood still with it, in ms. */
  #stood = 0;
  #timers = 0;

  constructor(name: string, timeline: Timeline, { rate, monotonic, off }: HostOptions) {
    this.name = name;
    this.#timeline = timeline;
    this.#rate = rate;
    this.#bornAt = timeline.now;
    this.#monotonicAtBirth = monotonic;
    this.#off = off;
    this.clock = {
      monotonic: () => this.#monotonicAtBirth + this.#lived() * this.#rate,
      wall: () => Math.round(BEGIN + this.#bornAt + this.#lived() * this.#rate + this.#off),
      wait: (ms, signal) => this.#wait(ms, signal),
      after: (ms, call) => this.#after(ms, call),
    };
  }

  get isAlive(): boolean {
    return !this.#killed;
  }

  get stands(): boolean {
    return this.#waiting !== null;
  }

  /** Whether it is there and runs. */
  get runs(): boolean {
    return !this.#killed && this.#waiting === null;
  }

  /** How much of what came while it stood still it may be busy with at the moment. */
  get piledUp(): number {
    return this.#timeline.now - this.#came.at < BUSY_MS ? this.#came.much : 0;
  }

  /** Timers that have not fired and were not called off. */
  get timers(): number {
    return this.#timers;
  }

  /** Something from outside: at once, unless it stands still, or is no more. */
  readonly reach = (call: () => void): void => {
    if (this.#killed) return;
    if (this.#waiting === null) call();
    else this.#waiting.push(call);
  };

  kill(): void {
    this.#killed = true;
    this.#waiting = null;
  }

  /** @param withClocks as a virtual machine that is moved: even its monotonic clock has not noticed */
  standStill(withClocks: boolean): void {
    if (this.#killed || this.#waiting !== null) return;
    this.#waiting = [];
    if (withClocks) this.#clocksStoodSince = this.#timeline.now;
  }

  goOn(): void {
    if (this.#killed || this.#waiting === null) return;
    const came = this.#waiting;
    this.#waiting = null;
    this.#came = { much: came.length, at: this.#timeline.now };
    if (this.#clocksStoodSince !== null) {
      this.#stood += this.#timeline.now - this.#clocksStoodSince;
      this.#clocksStoodSince = null;
    }
    // What is due by then is done in an order of chance.
    for (const call of came) this.#timeline.in(0, () => this.reach(call));
  }

  /** Its wall clock alone is set. */
  leap(ms: number): void {
    this.#off += ms;
  }

  #lived(): number {
    return (this.#clocksStoodSince ?? this.#timeline.now) - this.#bornAt - this.#stood;
  }

  #after(ms: number, call: () => void): () => void {
    let pending = true;
    let drop: () => void = () => undefined;
    this.#timers += 1;
    const done = (): void => {
      if (pending) this.#timers -= 1;
      pending = false;
    };
    const due = this.#lived() + Math.max(ms > 0 ? SHORTEST_MS : 0, ms) / this.#rate;
    const fire = (): void => {
      if (!pending) return;
      // Its clocks may have stood still meanwhile, or do so now.
      const early = due - this.#lived();
      if (early > SHORTEST_MS / 2) drop = this.#timeline.in(early, () => this.reach(fire));
      else {
        done();
        call();
      }
    };
    drop = this.#timeline.in(due - this.#lived(), () => this.reach(fire));
    return () => {
      done();
      drop();
    };
  }

  #wait(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const leave = (): void => {
        callOff();
        reject(signal?.reason as Error);
      };
      const callOff = this.#after(ms, () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      });
      signal?.addEventListener("abort", leave, { once: true });
    });
  }
}
