/**
 * The times of a run, in ms: those of a real site, shortened, so that a run of seconds meets a lease that ends, a Guid
 * that rotates and a takeover many times. What relations they have is what matters, and those are a real site's: hold <
 * lease < letting go < overlap of Guids < the gateway's time limit. Back-off, reconnection and the letting go of who
 * cannot reach the gateway are not shortened, so the last two are not by as much as the lease.
 */
export const times = {
  /** Real: 10 s. */
  pollHoldMs: 400,
  /** Real: 30 s. */
  leaseMs: 1_500,
  /** Real: 60 s. */
  guidIntervalMs: 1_000,
  /** Real: 60 s. */
  guidOverlapMs: 40_000,
  /** Real: 2 minutes. */
  sessionTimeoutMs: 80_000,
  /** An instance that cannot reach the gateway for so long leaves its agents to the others. Real: the same. */
  lettingGoMs: 15_000,
  /** Between two faults that keep an instance from the gateway: longer than the back-off that one of them causes. */
  gatewayCalmMs: 2_000,
  gatewayTimeoutMs: 2_000,
  streamIntervalMs: 300,
  shutdownGraceMs: 5_000,
  /** After the last fault, before everything has to be well again. */
  settleMs: 6_000,
  /** A client that waits longer than this has got no answer. */
  patienceMs: 15_000,
} as const;
