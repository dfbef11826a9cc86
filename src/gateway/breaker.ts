import { Fault } from "./fault.ts";

/**
 * Stops asking a gateway that fails: open when half of at least 20 calls in 10 s failed, then one trial call every 2 s.
 *
 * Not cockatiel's: its half-open state lets all further calls wait for the trial instead of refusing them at once, takes
 * a trial that its client aborted for a success, and its sampling keeps old windows for as long as no call comes.
 */
export interface Breaker {
  /** Throws `gateway-unavailable` while open, save for a trial. Each admitted call has to be ended once. */
  admit(): AdmittedCall;
  /** The same refusal without taking a trial: for a call that would have to wait in the queue first. */
  check(): void;
  readonly open: boolean;
}

export interface AdmittedCall {
  /** `neither`: its client left, which says nothing about the gateway. */
  end(outcome: "success" | "failure" | "neither"): void;
}

interface BreakerOptions {
  readonly minimumCalls: number;
  /** 0 to 1. */
  readonly failureShare: number;
  readonly windowMs: number;
  readonly trialEveryMs: number;
  /** Monotonic, in ms. */
  readonly now: () => number;
  onChange(state: "open" | "closed"): void;
}

export const breakerDefaults = { minimumCalls: 20, failureShare: 0.5, windowMs: 10_000, trialEveryMs: 2_000 } as const;

const SLOTS = 20;

interface Slot {
  /** Which stretch of the clock the counts belong to. */
  stretch: number;
  calls: number;
  failures: number;
}

export function createBreaker(options: BreakerOptions): Breaker {
  const slotMs = options.windowMs / SLOTS;
  const slots: Slot[] = Array.from({ length: SLOTS }, () => ({
    stretch: Number.NEGATIVE_INFINITY,
    calls: 0,
    failures: 0,
  }));
  let open = false;
  let nextTrialAt = 0;
  /** Grows with each change of state, so that a call of an earlier state cannot decide about a later one. */
  let era = 0;

  function change(to: boolean): void {
    open = to;
    era += 1;
    for (const slot of slots) slot.stretch = Number.NEGATIVE_INFINITY;
    options.onChange(to ? "open" : "closed");
  }

  function count(failed: boolean): void {
    const stretch = Math.floor(options.now() / slotMs);
    const current = slots[stretch % SLOTS] as Slot;
    if (current.stretch !== stretch) Object.assign(current, { stretch, calls: 0, failures: 0 });
    current.calls += 1;
    if (failed) current.failures += 1;
    let calls = 0;
    let failures = 0;
    for (const slot of slots) {
      if (slot.stretch <= stretch - SLOTS) continue;
      calls += slot.calls;
      failures += slot.failures;
    }
    if (calls < options.minimumCalls || failures < calls * options.failureShare) return;
    nextTrialAt = options.now() + options.trialEveryMs;
    change(true);
  }

  function check(): void {
    const wait = nextTrialAt - options.now();
    if (open && wait > 0) {
      throw new Fault("gateway-unavailable", "BREAKER_OPEN", { retryAfter: Math.max(1, Math.ceil(wait / 1000)) });
    }
  }

  return {
    check,
    get open() {
      return open;
    },
    admit() {
      check();
      const trial = open;
      const begunIn = era;
      // Also a trial that hangs does not hold up the next one.
      if (trial) nextTrialAt = options.now() + options.trialEveryMs;
      return {
        end(outcome) {
          if (begunIn !== era) return;
          if (!trial) {
            if (outcome !== "neither") count(outcome === "failure");
          } else if (outcome === "success") change(false);
          else if (outcome === "neither") nextTrialAt = options.now();
        },
      };
    },
  };
}
