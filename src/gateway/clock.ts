/** Time as this room needs it, handed in. The sockets' own timers, got's among them, are the machine's. */
export interface Clock {
  /** Milliseconds that only grow: what deadlines are readings of. */
  monotonic(): number;
  /** Epoch milliseconds, for cookies that expire. */
  wall(): number;
  /** Resolves after `ms`. Rejects as soon as `signal` is aborted. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls once, after `ms`, unless called off by what it answers with. */
  after(ms: number, call: () => void): () => void;
}
