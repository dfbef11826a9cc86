/**
 * The times of a run, in ms: those of a real site, shortened, so that a run of seconds meets a lease that ends, a Guid
 * that rotates and a takeover many times. What relations they have is what matters, and those are a real site's: hold <
 * lease < letting go < overlap of Guids < the gateway's time limit. Back-off, reconnection and the letting go of who
 * cannot reach the gateway are not shortened, so the last two are not by as much as the lease.
 */
const shortened = {
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
};

/** As they are in this run. */
export const times: Readonly<typeof shortened> = shortened;

/** Not those that the service has by itself. */
const STRETCHED = [
  "pollHoldMs",
  "leaseMs",
  "guidIntervalMs",
  "guidOverlapMs",
  "sessionTimeoutMs",
  "gatewayTimeoutMs",
  "shutdownGraceMs",
  "settleMs",
  "patienceMs",
] as const;

/** For a machine that is too busy to keep them: a process that gets no processor for a second loses every lease of a second. */
export function stretchTimes(factor: number): void {
  for (const name of STRETCHED) shortened[name] *= factor;
}
