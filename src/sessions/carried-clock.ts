import type { CallOff, Clock } from "./clock.ts";
import type { SessionLog } from "./log.ts";
import type { SessionStore } from "./stores/port.ts";
import { StoreFault, storeUnavailable } from "./stores/unavailable.ts";

const READ_AGAIN_MS = 5_000;
/** As long as nothing has been read: a store that was away at the start. */
const FIRST_AGAIN_MS = 500;
const HARMLESS_MS = 5_000;
/** How long a store's time that others share must stand before it is believed. */
const BELIEVED_AFTER_MS = 600_000;
/** A reading that took longer says too little. */
const SLOWEST_READING_MS = 1_000;

interface Deps {
  readonly clock: Clock;
  readonly store: SessionStore;
  readonly log: Pick<SessionLog, "clockSeen">;
  /** For so long after a leap was believed, what was written before it is judged by the time that was then. */
  readonly idleMs: number;
}

/**
 * The time that sessions go by: the store's, where instances share it, else the wall clock at the start; carried on by the
 * monotonic clock. A source that leaps is told, and not believed: it ends no session and is written nowhere.
 */
export class CarriedClock implements Clock {
  readonly #deps: Deps;
  /** From the monotonic clock to the time. */
  #offset: number;
  #isKnown: boolean;
  #machineIsOff = false;
  #differs: { readonly byMs: number; readonly since: number } | null = null;
  /** A leap forwards, until what was written before it is over. */
  #leapt = { byMs: 0, until: 0 };
  #drop: CallOff = () => undefined;
  #closed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#offset = deps.clock.wall() - deps.clock.monotonic();
    this.#isKnown = !deps.store.timeIsShared;
  }

  readonly monotonic = (): number => this.#deps.clock.monotonic();
  readonly wall = (): number => Math.floor(this.#deps.clock.monotonic() + this.#offset);
  readonly wait = (ms: number, signal?: AbortSignal): Promise<void> => this.#deps.clock.wait(ms, signal);
  readonly after = (ms: number, call: () => void): CallOff => this.#deps.clock.after(ms, call);

  /** The moment that has passed for sure, in epoch milliseconds: by which alone something ends. Null: none is known. */
  readonly passed = (): number | null => {
    if (!this.#isKnown) return null;
    return this.wall() - (this.monotonic() < this.#leapt.until ? this.#leapt.byMs : 0);
  };

  /** Whether this machine's own clock differs from that of the store, which all share. */
  get machineIsOff(): boolean {
    return this.#machineIsOff;
  }

  /**
   * Resolves when the time is known, which it is from the first reading on: before anything is dated by it.
   *
   * @throws `session-store-unavailable` where the store does not tell it
   */
  async known(): Promise<void> {
    if (!this.#isKnown) await this.#read();
    if (!this.#isKnown)
      throw storeUnavailable(new StoreFault("TIME_UNKNOWN", "the store was too slow to tell the time"));
  }

  /** Reads the source now and every 5 s. Resolves when the first reading is over, however it went. */
  async start(): Promise<void> {
    await this.#read().catch(() => undefined);
    if (this.#closed) return;
    this.#drop = this.after(this.#isKnown ? READ_AGAIN_MS : FIRST_AGAIN_MS, () => void this.start());
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  async #read(): Promise<void> {
    const { clock, store, log } = this.#deps;
    const asked = clock.monotonic();
    const time = await store.time();
    const took = clock.monotonic() - asked;
    if (!Number.isFinite(time) || took > SLOWEST_READING_MS) return;
    this.#weigh(time - asked - took / 2);
    if (!store.timeIsShared) return;
    const machineByMs = clock.wall() - this.wall();
    this.#machineIsOff = Math.abs(machineByMs) > HARMLESS_MS;
    log.clockSeen("machine", this.#machineIsOff ? Math.round(machineByMs) : null);
  }

  #weigh(offset: number): void {
    const { store, log, idleMs } = this.#deps;
    const now = this.monotonic();
    if (!this.#isKnown) {
      // Where the machine's clock says less, only what both say has passed for the time being.
      this.#isKnown = true;
      this.#believe(offset, Math.max(BELIEVED_AFTER_MS, idleMs));
      return;
    }
    const source = store.timeIsShared ? "store" : "machine";
    const byMs = offset - this.#offset;
    if (Math.abs(byMs) <= HARMLESS_MS) {
      this.#offset = offset;
      this.#differs = null;
      log.clockSeen(source, null);
      return;
    }
    log.clockSeen(source, Math.round(byMs));
    if (this.#differs === null || Math.abs(this.#differs.byMs - byMs) > HARMLESS_MS)
      this.#differs = { byMs, since: now };
    if (store.timeIsShared && now - this.#differs.since >= BELIEVED_AFTER_MS) this.#believe(offset, idleMs);
  }

  #believe(offset: number, leaptForMs: number): void {
    const byMs = offset - this.#offset;
    if (byMs > HARMLESS_MS) this.#leapt = { byMs, until: this.monotonic() + leaptForMs };
    this.#offset = offset;
    this.#differs = null;
  }
}
