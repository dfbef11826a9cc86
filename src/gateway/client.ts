import { agentOperation } from "./agent-operation.ts";
import { agentStatus, isInspector } from "./agent-questions.ts";
import { breakerDefaults, createBreaker } from "./breaker.ts";
import { createBulkhead } from "./bulkhead.ts";
import { type Credential, createCalls } from "./call.ts";
import type { Clock } from "./clock.ts";
import type { ConferenceControl } from "./conference-control.ts";
import { conferenceDetails } from "./conference-details.ts";
import { conferenceIds } from "./conference-ids.ts";
import { conferenceControl } from "./control-calls.ts";
import { pollEvent } from "./events.ts";
import type { Caller, Gateway } from "./gateway.ts";
import { Guard } from "./guard.ts";
import type { GatewayLog } from "./log.ts";
import { look, type SetUpFault } from "./look.ts";
import { type GatewayObserver, silentObserver } from "./observer.ts";
import type { GatewayOptions } from "./options.ts";
import { createRetcodes } from "./retcodes.ts";
import { signIn, signOut } from "./sign-in.ts";
import type { Transport } from "./transport/port.ts";
import { createTransport } from "./transport/transport.ts";
import { secureContextOf } from "./transport/trust.ts";

/** In bytes: some 300,000 conference ids, far above any answer of a gateway. */
const MAX_ANSWER = 8 * 1024 * 1024;

interface GatewayDeps {
  readonly log: GatewayLog;
  readonly observer?: GatewayObserver;
  readonly clock: Clock;
  /** From 0 up to 1, for the jitter. */
  readonly random: () => number;
  /** In place of the network. */
  readonly transport?: Transport;
}

/** For gauges: how things stand at this moment. */
interface GatewayLoad {
  readonly active: number;
  readonly waiting: number;
}

export interface GatewayClient extends Gateway, ConferenceControl {
  load(): GatewayLoad;
  /** Reads what the first call is going to need, so that it is not taken out of that call's time. */
  readAhead(): Promise<void>;
  /** Whether there is a gateway at all, asked once at the start: `null` when there is. Never throws. */
  look(timeoutMs: number): Promise<SetUpFault | null>;
}

type GatewayTarget = Pick<
  GatewayOptions,
  "url" | "ca" | "clientCertificate" | "proxy" | "maxConcurrency" | "retcodes" | "signInFields"
>;

/** Connects to nothing until the first call. Throws where a certificate or key cannot be used. */
export function createGateway(options: GatewayTarget, deps: GatewayDeps): GatewayClient {
  const { log, observer = silentObserver, clock, random } = deps;
  const { url, ca, clientCertificate, proxy, maxConcurrency } = options;
  const transport =
    deps.transport ??
    createTransport(
      {
        url,
        secureContext: url.startsWith("https:") ? secureContextOf({ ca, client: clientCertificate }) : null,
        proxy,
        connections: maxConcurrency,
        maxAnswer: MAX_ANSWER,
      },
      clock,
      () => log.interimAnswers(),
    );
  const now = (): number => clock.monotonic();
  const breaker = createBreaker({ ...breakerDefaults, now, onChange: (state) => observer.onBreaker(state) });
  const bulkhead = createBulkhead(maxConcurrency, Math.ceil(maxConcurrency / 2), clock);
  const guard = new Guard({ transport, breaker, bulkhead, clock });
  const retcodes = createRetcodes(options.retcodes, log);
  const calls = createCalls({ transport, guard, retcodes, observer, log, clock, random });

  const credentialOf = (caller: Caller): Credential => ({
    agentId: caller.agentId,
    guid: caller.guid,
    cookies: caller.cookies,
    renewed: (renewal) => caller.renewed(renewal),
  });

  return {
    signIn: (agentId, request, limits) => signIn(calls, agentId, request, options.signInFields, limits),
    signOut: (caller, limits) => signOut(calls, credentialOf(caller), limits),
    pollEvent: (caller, limits) => pollEvent(calls, credentialOf(caller), limits, now()),
    conferenceIds: (caller, limits) => conferenceIds(calls, credentialOf(caller), limits),
    conferenceDetails: (caller, ids, limits) => conferenceDetails(calls, credentialOf(caller), ids, limits),
    isInspector: (caller, limits) => isInspector(calls, credentialOf(caller), limits),
    agentStatus: (caller, limits) => agentStatus(calls, credentialOf(caller), limits),
    agentOperation: (caller, call, limits) => agentOperation(calls, call, credentialOf(caller), limits),
    ...conferenceControl(calls, credentialOf),
    look: (timeoutMs) => look(transport, timeoutMs),
    load: () => ({ active: bulkhead.active, waiting: bulkhead.waiting }),
    readAhead: async () => transport.readAhead?.(),
    async close() {
      transport.close();
    },
  };
}
