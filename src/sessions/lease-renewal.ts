import type { CallOff, Clock } from "./clock.ts";

/** After a renewal that the store did not answer: there is time for one or two more. */
const RENEWED_AGAIN_MS = 250;

/** Renews one sign-in lease again and again. Once it was over, or somebody else's, it is lost for good. */
export class LeaseRenewal {
  readonly #clock: Clock;
  readonly #lastsMs: number;
  readonly #renew: () => Promise<boolean>;
  /** Measured from before the store was asked: it never outlasts what the store believes. */
  #until: number;
  #lost = false;
  #ended = false;
  #isInDoubt = false;
  #underWay: Promise<unknown> = Promise.resolve();
  #dropNext: CallOff = () => undefined;

  /**
   * @param taken `since` is when the store was asked for it, by the clock's `monotonic()`; from then it lasts `lastsMs`
   * @param renew answers whether it is still ours; rejects where the store does not say
   */
  constructor(
    clock: Clock,
    taken: { readonly since: number; readonly lastsMs: number },
    renew: () => Promise<boolean>,
  ) {
    const { since, lastsMs } = taken;
    this.#clock = clock;
    this.#lastsMs = lastsMs;
    this.#renew = renew;
    this.#until = since + lastsMs;
    // A store that is slow has taken some of the time already.
    this.#next(since + lastsMs / 3 - clock.monotonic());
  }

  /** Whether a renewal was not answered: it may be carried out yet, even after the release. */
  get isInDoubt(): boolean {
    return this.#isInDoubt;
  }

  lasts(): boolean {
    return !this.#ended && this.isThere();
  }

  /** Also while it is being let go. */
  isThere(): boolean {
    return !this.#lost && this.#clock.monotonic() < this.#until;
  }

  async now(): Promise<boolean> {
    // One that was sent in time, and is answered late, counts from when it was sent.
    if (!this.isThere()) await this.#underWay;
    return this.#now();
  }

  async #now(): Promise<boolean> {
    const since = this.#clock.monotonic();
    // What nobody holds is taken anew by asking for it, though others may have had it meanwhile.
    if (since >= this.#until) this.#lost = true;
    if (!this.#lost && (await this.#renewed())) this.#until = since + this.#lastsMs;
    else this.#lost = true;
    return !this.#lost;
  }

  async #renewed(): Promise<boolean> {
    try {
      return await this.#renew();
    } catch (error) {
      this.#isInDoubt = true;
      throw error;
    }
  }

  /** Resolves when no renewal is on its way any more: one that came after the release would take the lease again. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#dropNext();
    await this.#underWay;
  }

  #next(ms: number): void {
    this.#dropNext = this.#clock.after(ms, () => {
      this.#underWay = this.#now()
        .then(
          () => this.#lastsMs / 3,
          () => RENEWED_AGAIN_MS,
        )
        .then((nextMs) => {
          if (!this.#lost && !this.#ended) this.#next(nextMs);
        });
    });
  }
}
