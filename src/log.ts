import pino, { type DestinationStream, type Logger } from "pino";
import type { AgentId, GatewayLog, ObservedCall, SetUpFault } from "./gateway/index.ts";
import type { Actor, HttpLog, RequestLine } from "./http/log.ts";
import { AbleLines } from "./log/able-lines.ts";
import { CorruptRecords, type MoreCorruptRecords } from "./log/corrupt-records.ts";
import { describe } from "./log/described-errors.ts";
import { isoTime, standardOutput } from "./log/output.ts";
import { ReachLines } from "./log/reach-lines.ts";
import type { AgentOperationLine, AgentOperationLog } from "./operations/log.ts";
import type { Problem, ProblemCode } from "./problems.ts";
import type {
  AgentState,
  AppSession,
  ClockOf,
  CorruptRecord,
  EndReason,
  Inability,
  SessionLog,
  StoreConnection,
  StoreLog,
} from "./sessions/index.ts";
import type { TokenLog } from "./tokens/index.ts";

/** Codes of requests that were refused for what they tried, not for how they were written: worth a line of the trail. */
const refusals: ReadonlySet<ProblemCode> = new Set(["insufficient-scope", "csrf"]);

/** Asked every few seconds by probes and scrapers: of interest where it fails. */
const machinery: ReadonlySet<string> = new Set(["/livez", "/readyz", "/metrics"]);

/** What counts with some lines, for metrics: what happens, happens there where its line is written. */
interface LineCounts {
  signedIn(how: "signed-in" | "forced" | "joined"): void;
  signInRefused(problem: Problem): void;
  sessionEnded(reason: EndReason): void;
  pollingStarted(): void;
  pollingStopped(): void;
}

/** What an operator sees first. */
export interface Banner {
  readonly address: string;
  readonly metrics: string | undefined;
  readonly board: string;
  readonly version: string;
  /** As `GET /agents` calls it in `heldBy`. */
  readonly instance: string;
  readonly store: string;
  readonly gateway: string;
  readonly gatewayProxy: string | undefined;
  /** Who issues tokens, and by what they are checked. */
  readonly tokens: readonly string[];
  readonly issuerProxy: string | undefined;
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
export class Log implements HttpLog, GatewayLog, TokenLog, SessionLog, StoreLog, AgentOperationLog {
  readonly #pino: Logger;
  /** The audit trail, and what an operator asked for by starting: no level leaves these out. */
  readonly #always: Logger;
  readonly #reach: ReachLines;
  readonly #able: AbleLines;
  readonly #corrupt = new CorruptRecords((more) => this.moreCorruptRecords(more));
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
    this.#reach = new ReachLines(this.#pino, () => this.#hosts.gateway, now);
    this.#able = new AbleLines(this.#pino, () => this.#hosts.store, now);
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

  readonly guidIgnored = (agentId: AgentId): void => this.#reach.guidIgnored(agentId);
  interimAnswers(): void {
    this.#pino.warn("the gateway sends 100 Continue without being asked: its calls cost more from now on");
  }
  unknownRetcode(retcode: string): void {
    this.#pino.warn({ retcode }, "the gateway sent a retcode that the table does not have");
  }
  readonly gatewaySetUpWrong = (fault: SetUpFault): void => this.#reach.gatewaySetUpWrong(fault);
  readonly gatewayCall = (call: ObservedCall): void => this.#reach.gatewayCall(call);
  breaker(state: string): void {
    this.#pino.warn({ state }, "gateway circuit breaker");
  }

  // Tokens

  readonly keysNotAvailable = (host: string, fault: Error): void => this.#reach.keysNotAvailable(host, fault);
  readonly keysFetched = (host: string): void => this.#reach.keysFetched(host);

  // The store

  storeConnection(which: StoreConnection, fault: Error | null): void {
    this.#able.storeConnection(which, fault);
  }
  corruptRecord(record: CorruptRecord): void {
    if (this.#corrupt.isFirst(record)) this.#pino.error(record, "stored record cannot be read");
  }
  moreCorruptRecords(more: MoreCorruptRecords): void {
    this.#pino.error(more, "more stored records cannot be read");
  }
  recordLost(agentId: AgentId): void {
    if (!this.#corrupt.isFirst({ kind: "agent", name: agentId, why: "lost" })) return;
    this.#pino.error({ agentId }, "an agent's record is gone from the store, and nobody has said that it ended");
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
  agentOperation({ fields, ...line }: AgentOperationLine, actor: Actor): void {
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
  // To be told as often as they are found; the log sees to it that each is told once a minute.
  readonly keeperUnable = (why: Inability): void => this.#able.unable(why);
  readonly keeperAble = (why: Inability): void => this.#able.able(why);
  readonly clockSeen = (whose: ClockOf, offByMs: number | null): void => this.#able.clockSeen(whose, offByMs);
  readonly keeperFailed = (error: unknown): void => this.#able.roundFailed(error);
  readonly keeperWorked = (): void => this.#able.roundWorked();
  readonly writesFailed = (error: unknown): void => this.#able.writesFailed(error);
  readonly writesWorked = (): void => this.#able.writesWorked();
}
