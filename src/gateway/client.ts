import { agentStatus, isInspector } from "./agent-questions.ts";
import { breakerDefaults, createBreaker } from "./breaker.ts";
import { createBulkhead } from "./bulkhead.ts";
import { type Credential, createCalls } from "./call.ts";
import { conferenceDetails } from "./conference-details.ts";
import { conferenceIds } from "./conference-ids.ts";
import { pollEvent } from "./events.ts";
import type { Caller, Gateway } from "./gateway.ts";
import { type GatewayLog, type GatewayObserver, silentObserver } from "./observer.ts";
import type { GatewayOptions } from "./options.ts";
import { createRetcodes } from "./retcodes.ts";
import { signIn, signOut } from "./sign-in.ts";
import { createTransport } from "./transport.ts";

/** In bytes: some 300,000 conference ids, far above any answer of a gateway. */
const MAX_ANSWER = 8 * 1024 * 1024;

export interface GatewayDeps {
  readonly log: GatewayLog;
  readonly observer?: GatewayObserver;
  /** Monotonic, in ms: `performance.now`, which deadlines are readings of. */
  readonly now?: () => number;
  /** From 0 up to 1, for the jitter. */
  readonly random?: () => number;
}

/** For gauges: how things stand at this moment. */
export interface GatewayLoad {
  readonly active: number;
  readonly waiting: number;
  readonly breakerOpen: boolean;
}

export interface GatewayClient extends Gateway {
  load(): GatewayLoad;
}

export type GatewayTarget = Pick<GatewayOptions, "url" | "ca" | "maxConcurrency" | "retcodes" | "signInFields">;

/** Connects to nothing until the first call. */
export function createGateway(config: GatewayTarget, deps: GatewayDeps): GatewayClient {
  const { log, observer = silentObserver, now = () => performance.now(), random = Math.random } = deps;
  const transport = createTransport({
    url: config.url,
    ca: config.ca,
    maxSockets: config.maxConcurrency,
    maxAnswer: MAX_ANSWER,
  });
  const breaker = createBreaker({ ...breakerDefaults, now, onChange: (state) => observer.onBreaker(state) });
  const bulkhead = createBulkhead(config.maxConcurrency, Math.ceil(config.maxConcurrency / 2));
  const retcodes = createRetcodes(config.retcodes, log, observer);
  const calls = createCalls({ transport, retcodes, breaker, bulkhead, observer, log, now, random });

  const credentialOf = (caller: Caller): Credential => ({
    agentId: caller.agentId,
    guid: caller.guid,
    cookies: caller.cookies,
    renewed: (renewal) => caller.renewed(renewal),
  });

  return {
    signIn: (agentId, request, options) => signIn(calls, agentId, request, config.signInFields, options),
    signOut: (caller, options) => signOut(calls, credentialOf(caller), options),
    pollEvent: (caller, options) => pollEvent(calls, credentialOf(caller), options, now()),
    conferenceIds: (caller, options) => conferenceIds(calls, credentialOf(caller), options),
    conferenceDetails: (caller, ids, options) => conferenceDetails(calls, credentialOf(caller), ids, options),
    isInspector: (caller, options) => isInspector(calls, credentialOf(caller), options),
    agentStatus: (caller, options) => agentStatus(calls, credentialOf(caller), options),
    load: () => ({ active: bulkhead.active, waiting: bulkhead.waiting, breakerOpen: breaker.open }),
    async close() {
      transport.close();
    },
  };
}
