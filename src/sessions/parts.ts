import type { Gateway } from "../gateway/index.ts";
import { AuthorizedCalls } from "./authorized-call.ts";
import { Binding } from "./binding.ts";
import { CarriedClock } from "./carried-clock.ts";
import type { Chance, Clock } from "./clock.ts";
import { Credentials } from "./credentials.ts";
import { GatewaySignIn } from "./gateway-sign-in.ts";
import { Keeper } from "./keep-alive/keeper.ts";
import { KeptConferences } from "./kept-conferences.ts";
import { LaterSignOuts } from "./later-sign-outs.ts";
import { Leaving } from "./leaving.ts";
import { Lifetime } from "./lifetime.ts";
import type { SessionLog } from "./log.ts";
import type { SessionOptions } from "./options.ts";
import { Readiness } from "./readiness.ts";
import { Revoking } from "./revoking.ts";
import { SessionLookUp } from "./session-look-up.ts";
import { SignInLeases } from "./sign-in-lease.ts";
import { SigningIn } from "./signing-in.ts";
import type { SessionStore } from "./stores/port.ts";
import type { SessionTraces } from "./traces.ts";
import { Verdicts } from "./verdict.ts";

export interface SessionsDeps {
  readonly store: SessionStore;
  readonly gateway: Gateway;
  readonly config: SessionOptions;
  readonly gatewayTimeoutMs: number;
  readonly log: SessionLog;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Left out: nothing is followed. */
  readonly traces?: SessionTraces | null;
}

export type Parts = ReturnType<typeof partsOf>;

/** What the heart is made of: each part is made once, and handed what it needs of the others. None has begun anything yet. */
export function partsOf(deps: SessionsDeps) {
  const { store, gateway, config, gatewayTimeoutMs, log, chance, traces = null } = deps;
  const instance = chance.id();
  const clock = new CarriedClock({ ...deps, idleMs: config.idleMs });
  const lifetime = new Lifetime(config, clock, clock.passed);
  const credentials = new Credentials({ store, log, clock });
  const shared = { store, gateway, gatewayTimeoutMs, log, clock, chance, traces, lifetime, credentials };
  const lookUp = new SessionLookUp(shared);
  const ownConferences = new KeptConferences(shared);
  const leases = new SignInLeases(shared);
  const verdicts = new Verdicts({ ...shared, leases });
  const later = new LaterSignOuts({ ...shared, leases });
  const leaving = new Leaving({ ...shared, leases, later, verdicts });
  const keeper = new Keeper({
    ...shared,
    leases,
    verdicts,
    leaving,
    ownConferences,
    clockIsOff: () => clock.machineIsOff,
    owner: instance,
    idleMs: config.idleMs,
    leaseMs: config.leaseMs,
    claimMs: Math.min(2_000, config.leaseMs / 10),
    intervalMs: config.keepAliveIntervalMs,
    holdMs: config.pollHoldMs,
    verdictMs: config.verdictMs,
    sweepMs: Math.min(15_000, Math.max(250, config.idleMs / 4)),
  });
  const { keepAlive } = keeper;
  const atGateway = new GatewaySignIn({ ...shared, leases, later });
  return {
    instance,
    store,
    gateway,
    clock,
    lifetime,
    credentials,
    lookUp,
    ownConferences,
    later,
    leaving,
    keeper,
    signingIn: new SigningIn({ ...shared, leases, atGateway, later, leaving, keepAlive }),
    binding: new Binding({ ...shared, leases, leaving, keepAlive }),
    readiness: new Readiness({ store, clock, log, keepAliveFails: () => keeper.fails }),
    revoking: new Revoking({ store, log, leaving }),
    calls: new AuthorizedCalls({
      store,
      verdicts,
      clock,
      credentials,
      verdictWanted: (agentId) => keeper.verdictWanted(agentId),
    }),
  };
}
