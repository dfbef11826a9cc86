/**
 * Time as this room needs it, handed in: nothing here reads a clock, sleeps or sets a timer by itself, so that hours of
 * a session's life pass in a test in milliseconds, and a whole fleet runs in one process on a time of its own.
 */
export interface Clock {
  /** Milliseconds that only grow, whatever the wall clock does: what leases, pauses and deadlines are measured by. */
  monotonic(): number;
  /** Epoch milliseconds: what is stored, shown, and compared among instances. */
  wall(): number;
  /** Resolves after `ms`. Rejects as soon as `signal` is aborted. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls once, after `ms`, unless called off by what it answers with. Does not keep the process alive. */
  after(ms: number, call: () => void): CallOff;
}

export type CallOff = () => void;

/** For lru-cache: its ages pass by this clock. What began at 0 has none in its eyes, so that its readings begin at 1. */
export const agesBy = (clock: Pick<Clock, "monotonic">) => ({
  ttlResolution: 0,
  perf: { now: (): number => clock.monotonic() + 1 },
});

/** Chance, handed in as well: the same chance gives the same history. */
export interface Chance {
  /** From 0 up to 1, for jitter. Nothing secret is made of it. */
  random(): number;
  /** Never the same twice, in the whole fleet. */
  id(): string;
}
