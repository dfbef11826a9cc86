import pino, { type DestinationStream, type Logger } from "pino";
import type { AgentId, GatewayLog } from "./gateway/index.ts";
import type { Actor, HttpLog, RequestLine } from "./http/log.ts";
import { Problem, type ProblemCode } from "./problems.ts";
import type { AgentState, AppSession, EndReason, SessionLog, StoreLog } from "./sessions/index.ts";
import type { TokenLog } from "./tokens/index.ts";

/** Codes of requests that were refused for what they tried, not for how they were written: worth a line of the trail. */
const refusals: ReadonlySet<ProblemCode> = new Set(["insufficient-scope", "csrf"]);

/** The lines of one turn of the event loop in one write, the last at the latest when the process exits. */
function standardOutput(): DestinationStream {
  const output = pino.destination(1);
  let lines = "";
  const flush = (): void => {
    const written = lines;
    lines = "";
    if (written !== "") output.write(written);
  };
  process.once("exit", flush);
  return {
    write(line) {
      if (lines === "") setImmediate(flush);
      lines += line;
    },
  };
}

let writtenAt = 0;
let written = "";

/** pino's own, but written once for all the lines of a millisecond. */
function isoTime(): string {
  const now = Date.now();
  if (now !== writtenAt) {
    writtenAt = now;
    written = `,"time":"${new Date(now).toISOString()}"`;
  }
  return written;
}

/**
 * Every line that this service can log: what the rooms declare, each a named method with the few fields that it may
 * carry. An allow-list: no request, response, header, body or error object is ever handed to the logger as a whole, so
 * no secret can be in one.
 */
export class Log implements HttpLog, GatewayLog, TokenLog, SessionLog, StoreLog {
  readonly #pino: Logger;

  /** @param destination where lines go; standard output when left out. */
  constructor(level: string, destination: DestinationStream = standardOutput()) {
    this.#pino = pino({ level, base: null, timestamp: isoTime }, destination);
  }

  // The process

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

  request(line: RequestLine): void {
    if (line.status >= 500) this.#pino.warn(line, "request");
    else this.#pino.info(line, "request");
  }
  /** Beside its line as a request, when what was refused is a matter of the audit trail. */
  requestRefused(actor: Actor, agentId: string | undefined, problem: ProblemCode, isSignIn: boolean): void {
    if (!refusals.has(problem) && !(isSignIn && problem === "rate-limited")) return;
    this.#pino.warn({ audit: "refused", agentId, ...actor, problem }, "request refused");
  }
  /** A mistake of ours: the stack goes to the log, and the message of a foreign error does not (it may quote input). */
  unexpected(requestId: string, error: unknown): void {
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
  breaker(state: string): void {
    this.#pino.warn({ state }, "gateway circuit breaker");
  }

  // Tokens

  keysNotAvailable(reason: string): void {
    this.#pino.warn({ reason }, "the keys of the token issuer cannot be fetched");
  }

  // The store

  corruptRecord(record: { readonly kind: string; readonly name: string }): void {
    this.#pino.error(record, "stored record cannot be read");
  }

  // Sessions: the audit trail

  signedIn(agentId: AgentId, actor: Actor, how: "signed-in" | "forced" | "joined"): void {
    this.#pino.info({ audit: how, agentId, ...actor }, "agent signed in");
  }
  signInRefused(agentId: AgentId, actor: Actor, problem: Problem): void {
    this.#pino.warn(
      { audit: "refused", agentId, ...actor, problem: problem.code, retcode: problem.retcode },
      "sign-in refused",
    );
  }
  signedOut(agentId: AgentId, forced: boolean, reason: EndReason, actor?: Actor): void {
    this.#pino.info({ audit: forced ? "forced-out" : "signed-out", agentId, reason, ...actor }, "agent signed out");
  }
  signOutFailed(agentId: AgentId, error: unknown): void {
    this.#pino.warn({ agentId, ...describe(error) }, "the gateway did not sign the agent out");
  }
  sessionBound(session: AppSession, actor: Actor): void {
    this.#pino.info({ audit: "bound", agentId: session.agentId, ...actor }, "session bound");
  }
  sessionRevoked(session: AppSession, actor: Actor): void {
    this.#pino.info({ audit: "revoked", agentId: session.agentId, ...actor }, "session revoked");
  }
  sessionEnded({ agentId, subject }: AppSession, reason: EndReason, actor?: Actor): void {
    const { requestId, subject: by } = actor ?? {};
    this.#pino.info({ audit: "ended", agentId, subject, reason, requestId, by }, "session ended");
  }
  sessionExpired({ agentId, subject }: AppSession): void {
    this.#pino.info({ audit: "expired", agentId, subject }, "session expired: its Guid was refused");
  }
  guidNotStored(agentId: AgentId): void {
    this.#pino.error({ agentId }, "a new Guid could not be stored: its record changes all the time");
  }
  guidKeptInMemory(agentId: AgentId): void {
    this.#pino.warn({ agentId }, "store away: the new Guid is kept in memory until it is back");
  }

  // Keep-alive

  pollingStarted(agentId: AgentId): void {
    this.#pino.debug({ agentId }, "polling started");
  }
  pollingStopped(agentId: AgentId): void {
    this.#pino.debug({ agentId }, "polling stopped");
  }
  pollFailed(agentId: AgentId, error: unknown): void {
    this.#pino.debug({ agentId, ...describe(error) }, "poll failed");
  }
  agentState(agentId: AgentId, state: AgentState): void {
    this.#pino.warn({ agentId, state }, "agent state");
  }
  keeperFailed(error: unknown): void {
    this.#pino.warn(describe(error), "keep-alive round failed");
  }
}

/** A frame as V8 writes it. */
const frame = /^\s+at (?:async )?(?:[\w.#<>$[\] ]{1,200} \()?(?:file:\/\/|node:)[^\s()]{1,500}:\d+:\d+\)?$/;
const MOST_FRAMES = 12;

/** What of an error may be logged: our own errors by code, foreign ones by their class and stack frames alone. */
function describe(error: unknown): Record<string, unknown> {
  if (error instanceof Problem) {
    return {
      problem: error.code,
      retcode: error.retcode,
      cause: error.cause === undefined ? undefined : named(error.cause),
    };
  }
  if (!(error instanceof Error)) return { error: typeof error };
  return { error: named(error), stack: framesOf(error) };
}

/** The stack begins with the message, which may quote input and have lines that look like frames. */
function framesOf({ stack = "", message }: Error): string {
  const at = message === "" ? -1 : stack.indexOf(message);
  const lines = stack.slice(at === -1 ? 0 : at + message.length).split("\n");
  return lines
    .filter((line) => frame.test(line))
    .slice(0, MOST_FRAMES)
    .join("\n");
}

/** A word: an error's name and code are free to be anything. */
const word = /^[\w.:-]{1,64}$/;

function named(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const code = "code" in error && typeof error.code === "string" && word.test(error.code) ? ` (${error.code})` : "";
  return `${word.test(error.name) ? error.name : "Error"}${code}`;
}
