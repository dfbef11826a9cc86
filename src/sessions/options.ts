/** How long sessions live and how their agents are kept signed in. Times in ms. */
export interface SessionOptions {
  /** Without use. */
  readonly idleMs: number;
  /** In all. */
  readonly maxMs: number;
  /** Between two event polls of an agent. */
  readonly keepAliveIntervalMs: number;
  /** How long a lease lasts without renewal. */
  readonly leaseMs: number;
  /** How long the gateway holds a poll. */
  readonly pollHoldMs: number;
  /** For how long the holder's newest Guid must have been refused before the session ends. */
  readonly verdictMs: number;
  /** Events of an agent kept for a client that comes back. */
  readonly eventsKept: number;
}
