import pino, { type DestinationStream, type Logger } from "pino";
import type { AgentId, GatewayLog, ObservedCall, Wrong } from "./gateway/index.ts";
import type { Actor, HttpLog, RequestLine } from "./http/log.ts";
import { AbleLines } from "./log/able-lines.ts";
import { causeOf, describe } from "./log/described-errors.ts";
import { isoTime, standardOutput } from "./log/output.ts";
import { StandingFaults } from "./log/standing-faults.ts";
import type { OperationLine, OperationLog } from "./operations/log.ts";
import type { Problem, ProblemCode } from "./problems.ts";
import type { AgentState, AppSession, ClockOf, EndReason, Inability, SessionLog, StoreLog } from "./sessions/index.ts";
import type { TokenLog } from "./tokens/index.ts";

/** Codes of requests that were refused for what they tried, not for how they were written: worth a line of the trail. */
const refusals: ReadonlySet<ProblemCode> = new Set(["insufficient-scope", "csrf"]);

/** What keeps a call back before it reaches the gateway. */
const ownCauses: ReadonlySet<string> = new Set(["BREAKER_OPEN", "TOO_MANY_WAITING"]);

/** Asked every few seconds by probes and scrapers: of interest where it fails. */
const machinery: ReadonlySet<string> = new Set(["/livez", "/readyz", "/metrics"]);

export const setUpHints: Readonly<Record<Wrong["what"], string>> = {
  unreachable: "the gateway cannot be reached: see GATEWAY_URL, and HTTPS_PROXY where a proxy is on the way",
  certificate:
    "the gateway's certificate is not to be trusted, or it wants one of ours: see GATEWAY_CA_FILE, GATEWAY_CERT_FILE",
  "not-a-gateway": "what answers there is no agent gateway: see the path of GATEWAY_URL",
};

/** What an operator sees first. */
export interface Banner {
  readonly address: string;
  readonly metrics: string | undefined;
  readonly board: string;
  readonly version: string;
  readonly store: string;
  readonly gateway: string;
  readonly gatewayProxy: string | undefined;
  /** Who issues tokens, and by what they are checked. */
  readonly tokens: readonly string[];
  readonly issuerProxy: string | undefined;
}

/** What counts with some lines, for metrics: what happens, happens there where its line is written. */
export interface LineCounts {
  signedIn(how: "signed-in" | "forced" | "joined"): void;
  signInRefused(problem: Problem): void;
  sessionEnded(reason: EndReason): void;
  pollingStarted(): void;
  pollingStopped(): void;
}

/** Names without secrets. */
interface Dependencies {
  readonly gateway: string | undefined;
  readonly store: string | undefined;
}

/**
 * Every line that this service can log: what the rooms declare, each a named method with the few fields that it may
 * carry. An allow-list: no request, response, header, body or error object is ever handed to the logger as a whole, so
 * no secret can be in one.
 */
export class Log implements HttpLog, GatewayLog, TokenLog, SessionLog, StoreLog, OperationLog {
  readonly #pino: Logger;
  /** The audit trail, and what an operator asked for by starting: no level leaves these out. */
  readonly #always: Logger;
  readonly #gatewayFaults: StandingFaults;
  readonly #able: AbleLines;
  readonly #issuerFaults: StandingFaults;
  #counts: LineCounts | null = null;
  #hosts: Dependencies = { gateway: undefined, store: undefined };

  /**
   * @param destination where lines go; standard output when left out
   * @param now monotonic, in ms
   */
  constructor(level: string, destination: DestinationStream = standardOutput(), now = () => performance.now()) {
    const options = { base: null, timestamp: isoTime };
    this.#pino = pino({ ...options, level }, destination);
    this.#always = pino({ ...options, level: "info" }, destination);
    this.#gatewayFaults = new StandingFaults(now);
    this.#able = new AbleLines(this.#pino, () => this.#hosts.store, now);
    this.#issuerFaults = new StandingFaults(now);
  }

  /** Says where what is: lines about a fault name it. */
  dependsOn(hosts: Dependencies): void {
    this.#hosts = hosts;
  }

  countWith(counts: LineCounts): void {
    this.#counts = counts;
  }

  // The process

  listening(banner: Banner): void {
    this.#always.info(banner, `conferences-bff listens on ${banner.address}`);
  }
  draining(signal: string): void {
    this.#pino.info({ signal }, "draining");
  }
  drained(): void {
    this.#pino.info("drained");
  }
  notDrained(what: string): void {
    this.#pino.warn({ what }, "could not be closed in time");
  }
  configurationWarning(text: string): void {
    this.#pino.warn(text);
  }

  // Requests

  request(line: RequestLine, problem?: Problem): void {
    const fields = problem === undefined ? line : { ...line, ...describe(problem) };
    if (line.status >= 500) this.#pino.warn(fields, "request");
    else if (machinery.has(line.route)) this.#pino.debug(fields, "request");
    else this.#pino.info(fields, "request");
  }
  /** Beside its line as a request, when what was refused is a matter of the audit trail. */
  requestRefused(actor: Actor, agentId: string | undefined, problem: Problem, isSignIn: boolean): void {
    if (!refusals.has(problem.code) && !(isSignIn && problem.code === "rate-limited")) return;
    this.#always.warn({ audit: "refused", agentId, ...actor, problem: problem.code }, "request refused");
  }
  /** A mistake of ours: the stack goes to the log, and the message of a foreign error does not (it may quote input). */
  unexpected(requestId: string | undefined, error: unknown): void {
    this.#pino.error({ requestId, ...describe(error) }, "unexpected error");
  }

  // The gateway

  guidIgnored(agentId: AgentId): void {
    this.#pino.warn({ agentId }, "a Set-GUID that cannot be sent back was ignored");
  }
  interimAnswers(): void {
    this.#pino.warn("the gateway sends 100 Continue without being asked: its calls cost more from now on");
  }
  unknownRetcode(retcode: string): void {
    this.#pino.warn({ retcode }, "the gateway sent a retcode that the table does not have");
  }
  /** Found by the one look at the start; nothing waits for it. */
  gatewaySetUpWrong({ what, code }: Wrong): void {
    this.#pino.warn({ host: this.#hosts.gateway, cause: code }, setUpHints[what]);
  }
  /** Beside the lines of whoever asked. What keeps calls back by itself is the end of such faults, not their cause. */
  gatewayCall({ outcome, cause }: ObservedCall): void {
    if (outcome === "ok" || outcome === "refused") {
      const stoodMs = this.#gatewayFaults.over();
      if (stoodMs !== null) this.#pino.warn({ host: this.#hosts.gateway, stoodMs }, "the gateway answers again");
    } else if (cause !== null && !ownCauses.has(cause) && this.#gatewayFaults.stands(cause)) {
      this.#pino.warn({ host: this.#hosts.gateway, cause }, "the gateway gives no usable answer");
    }
  }
  breaker(state: string): void {
    this.#pino.warn({ state }, "gateway circuit breaker");
  }

  // Tokens

  keysNotAvailable(host: string, fault: Error): void {
    const cause = causeOf(fault) ?? "UNNAMED";
    if (!this.#issuerFaults.stands(cause)) return;
    this.#pino.warn({ host, cause }, "the keys of the token issuer cannot be had: see JWT_JWKS_URL, JWT_CA_FILE");
  }
  keysFetched(host: string): void {
    const stoodMs = this.#issuerFaults.over();
    if (stoodMs !== null) this.#pino.warn({ host, stoodMs }, "the keys of the token issuer can be had again");
  }

  // The store

  corruptRecord(record: { readonly kind: string; readonly name: string; readonly why: string }): void {
    this.#pino.error(record, "stored record cannot be read");
  }

  // Sessions: the audit trail

  signedIn(agentId: AgentId, actor: Actor, how: "signed-in" | "forced" | "joined"): void {
    this.#counts?.signedIn(how);
    this.#always.info({ audit: how, agentId, ...actor }, "agent signed in");
  }
  signInRefused(agentId: AgentId, actor: Actor, problem: Problem): void {
    this.#counts?.signInRefused(problem);
    const fields = { agentId, ...actor, ...describe(problem) };
    // That nobody could be asked is no refusal, and no business of whoever reads the trail.
    if (problem.status >= 500) this.#pino.warn(fields, "sign-in failed");
    else this.#always.warn({ audit: "refused", ...fields }, "sign-in refused");
  }
  signInNotAnswered(agentId: AgentId): void {
    this.#pino.warn({ agentId }, "a sign-in was not answered: whatever still comes of it is signed out");
  }
  signedOut(agentId: AgentId, forced: boolean, reason: EndReason, actor?: Actor): void {
    this.#always.info({ audit: forced ? "forced-out" : "signed-out", agentId, reason, ...actor }, "agent signed out");
  }
  signOutFailed(agentId: AgentId, error: unknown): void {
    this.#pino.warn({ agentId, ...describe(error) }, "the gateway did not sign the agent out");
  }
  agentOperation({ fields, ...line }: OperationLine, actor: Actor): void {
    this.#always.info({ audit: "operation", ...line, ...actor, fields }, "agent operation");
  }
  agentTalksOn(agentId: AgentId): void {
    this.#pino.warn({ agentId }, "an agent without a session is talking, and is signed out after the call");
  }
  sessionBound(session: AppSession, actor: Actor): void {
    this.#always.info({ audit: "bound", agentId: session.agentId, ...actor }, "session bound");
  }
  sessionRevoked(session: AppSession, actor: Actor): void {
    this.#always.info({ audit: "revoked", agentId: session.agentId, ...actor }, "session revoked");
  }
  sessionEnded({ agentId, subject }: AppSession, reason: EndReason, actor?: Actor): void {
    this.#counts?.sessionEnded(reason);
    const { requestId, ownRequestId, subject: by } = actor ?? {};
    this.#always.info({ audit: "ended", agentId, subject, reason, requestId, ownRequestId, by }, "session ended");
  }
  sessionExpired({ agentId, subject }: AppSession): void {
    this.#always.info({ audit: "expired", agentId, subject }, "session expired: its Guid was refused");
  }
  guidNotStored(agentId: AgentId): void {
    this.#pino.error({ agentId }, "a new Guid could not be stored: its record changes all the time");
  }
  guidKeptInMemory(agentId: AgentId): void {
    this.#pino.warn({ agentId }, "store away: the new Guid is kept in memory until it is back");
  }

  // Keep-alive

  pollingStarted(agentId: AgentId): void {
    this.#counts?.pollingStarted();
    this.#pino.debug({ agentId }, "polling started");
  }
  pollingStopped(agentId: AgentId): void {
    this.#counts?.pollingStopped();
    this.#pino.debug({ agentId }, "polling stopped");
  }
  pollFailed(agentId: AgentId, error: unknown): void {
    this.#pino.debug({ agentId, ...describe(error) }, "poll failed");
  }
  agentState(agentId: AgentId, state: AgentState): void {
    this.#pino.warn({ agentId, state }, "agent state");
  }
  keeperUnable(why: Inability): void {
    this.#able.unable(why);
  }
  keeperAble(why: Inability): void {
    this.#able.able(why);
  }
  clockSeen(whose: ClockOf, offByMs: number | null): void {
    this.#able.clockSeen(whose, offByMs);
  }
  keeperFailed(error: unknown): void {
    this.#able.roundFailed(error);
  }
  keeperWorked(): void {
    this.#able.roundWorked();
  }
}
