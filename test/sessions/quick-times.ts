import assert from "node:assert/strict";
import type { Simulator, SimulatorOptions } from "../../simulator/index.ts";
import type { Config } from "../../src/config/index.ts";
import { startPair, type TestService, type TestServiceOptions } from "../support/service.ts";

/** The gateway's hold of 10 s, and the lease of 30 s that outlasts it, shortened together. */
export const quickSimulator: SimulatorOptions = { pollHoldMs: 400 };
export const quickSessions: Partial<Config["sessions"]> = { leaseMs: 1_500, pollHoldMs: 400, verdictMs: 800 };
/** The simulator counts what is shorter than 200 ms; what it measures on a busy machine may be some 50 ms off. */
export const quickEnvironment = { KEEP_ALIVE_INTERVAL_MS: "280" };
/** A new Guid every 200 ms, the fastest that pauses allow. */
export const rotatingEnvironment = {
  KEEP_ALIVE_INTERVAL_MS: "200",
  // No gateway hangs there: a machine that has much to do is no fault of it.
  GATEWAY_TIMEOUT_MS: "30000",
};
export const rotatingSimulator: SimulatorOptions = {
  pollHoldMs: 1,
  guidIntervalMs: 1,
  guidOverlapMs: 0,
  hastyPollMs: 150,
  latencyMs: 5,
};

/** A service and its gateway, for which ten seconds are less than half a second. */
export function startQuickPair(
  options: TestServiceOptions = {},
): Promise<TestService & { readonly simulator: Simulator }> {
  return startPair({
    ...options,
    simulator: { ...quickSimulator, ...options.simulator },
    environment: { ...quickEnvironment, ...options.environment },
    sessions: { ...quickSessions, ...options.sessions },
  });
}

/** Whatever happened: the gateway was never asked in a way that its reference forbids. */
export function assertNoViolations({ control }: Simulator): void {
  const { total, recent } = control.violations();
  assert.equal(total, 0, JSON.stringify(recent));
}

/** How many event polls have begun. */
export function pollsOf({ control }: Simulator): number {
  return control.state().calls.poll;
}
