import type { IncomingHttpHeaders } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Envelope, parseAnswer, SUCCESS } from "./answer.ts";
import type { Admission, Breaker } from "./breaker.ts";
import type { Bulkhead } from "./bulkhead.ts";
import { mergeCookies } from "./cookies.ts";
import { Fault, faultOf, mayBeAbsent, statusFault, TransportFailure } from "./fault.ts";
import type { CallOptions, PollOptions, Renewal } from "./gateway.ts";
import type { AgentId, Guid } from "./identifiers.ts";
import type { GatewayLog, GatewayObserver, ObservedCall, Operation } from "./observer.ts";
import { retryDelay } from "./reading.ts";
import { Refusal } from "./refusal.ts";
import type { Retcodes } from "./retcodes.ts";
import { parseSetGuid } from "./set-guid.ts";
import type { Incoming, Lane, Outgoing, Transport } from "./transport.ts";

/** What the gateway is asked, and how its answer is read. */
export interface Question<Answer> {
  readonly operation: Operation;
  readonly method: Outgoing["method"];
  readonly path: string;
  readonly body?: string;
  /** Of an interface that not every site has: where it is absent, its answer says nothing about the gateway. */
  readonly optional?: boolean;
  /** Of a success. Throws `gateway-bad-response` for a shape that it does not know. */
  parse(envelope: Envelope): Answer;
}

/** What the calls of one operation carry; kept up to date with what their answers bring. */
export interface Credential {
  readonly agentId: AgentId;
  /** `null` until a sign-in's answer brings one. */
  guid: Guid | null;
  cookies: string;
  renewed(renewal: Renewal): Promise<void>;
}

type PollCallOptions = CallOptions & Pick<PollOptions, "onReady">;

export interface Calls {
  /** Once, whatever happens: signing in and out. */
  once<Answer>(question: Question<Answer>, credential: Credential, options: CallOptions): Promise<Answer>;
  /** With the one repetition that a read may have. */
  read<Answer>(question: Question<Answer>, credential: Credential, options: CallOptions): Promise<Answer>;
  /** Once, in the polls' lane: neither the breaker nor the bulkhead counts or stops it. */
  poll<Answer>(question: Question<Answer>, credential: Credential, options: PollCallOptions): Promise<Answer>;
}

export interface CallParts {
  readonly transport: Transport;
  readonly retcodes: Retcodes;
  readonly breaker: Breaker;
  readonly bulkhead: Bulkhead;
  readonly observer: GatewayObserver;
  readonly log: GatewayLog;
  /** Monotonic, in ms. */
  readonly now: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/** The longest stay in the queue, in ms: an overloaded gateway is better told of at once than at the deadline. */
const QUEUE_WAIT_MS = 1_000;

export function createCalls(parts: CallParts): Calls {
  const { transport, retcodes, breaker, bulkhead, observer, log, now, random } = parts;
  let warnedOfGuid = false;

  /** An answer's new Guid and cookies are stored before anybody goes on, also when the rest of it was no use. */
  async function renew(headers: IncomingHttpHeaders, credential: Credential): Promise<void> {
    const field = headers["set-guid"];
    const guid = field === undefined ? credential.guid : parseSetGuid(field);
    if (guid === null && field !== undefined && !warnedOfGuid) {
      warnedOfGuid = true;
      log.guidIgnored(credential.agentId);
    }
    const cookies = mergeCookies(credential.cookies, headers["set-cookie"], Date.now());
    const newest = guid ?? credential.guid;
    if (newest === credential.guid && cookies === credential.cookies) return;
    credential.guid = newest;
    credential.cookies = cookies;
    if (newest !== null) await credential.renewed({ guid: newest, cookies });
  }

  /** Breaker, queue, exchange. A place in the queue is left again however the exchange ends. */
  async function guarded(outgoing: Outgoing, deadline: number, optional: boolean): Promise<Incoming> {
    breaker.check();
    const turn = bulkhead.enter(Math.min(QUEUE_WAIT_MS, outgoing.timeoutMs), outgoing.signal);
    if (turn !== undefined) await turn;
    let admission: Admission | undefined;
    try {
      const timeoutMs = deadline - now();
      if (timeoutMs <= 0) throw new TransportFailure("timeout", "TIMEOUT");
      admission = breaker.admit();
      const incoming = await transport.exchange(turn === undefined ? outgoing : { ...outgoing, timeoutMs });
      admission.end(statusVerdict(incoming.status, optional));
      return incoming;
    } catch (error) {
      admission?.end(verdict(error));
      throw error;
    } finally {
      bulkhead.release();
    }
  }

  async function attempt<Answer>(
    question: Question<Answer>,
    credential: Credential,
    options: PollCallOptions,
    lane: Lane,
  ): Promise<Answer> {
    const started = now();
    const { operation, method, path, body = null } = question;
    let head: IncomingHttpHeaders | undefined;
    const outgoing: Outgoing = {
      lane,
      method,
      path,
      body,
      guid: credential.guid,
      cookies: credential.cookies,
      timeoutMs: options.deadline - started,
      signal: options.signal,
      ...(options.onReady === undefined ? {} : { onReady: options.onReady }),
      onHead(headers) {
        head = headers;
      },
    };
    try {
      let incoming: Incoming;
      try {
        incoming = await (lane === "calls"
          ? guarded(outgoing, options.deadline, question.optional ?? false)
          : transport.exchange(outgoing));
      } finally {
        if (head !== undefined) await renew(head, credential);
      }
      const fault = statusFault(incoming.status, incoming.headers["retry-after"]);
      if (fault !== null) throw fault;
      const envelope = parseAnswer(incoming.body, incoming.headers["content-type"]);
      if (envelope.retcode !== SUCCESS) throw retcodes.refusal(envelope.retcode);
      const answer = question.parse(envelope);
      observer.onCall({ operation, outcome: "ok", retcode: null, durationMs: now() - started });
      return answer;
    } catch (error) {
      const retcode = error instanceof Refusal ? retcodes.label(error.retcode) : null;
      observer.onCall({ operation, outcome: outcomeOf(error), retcode, durationMs: now() - started });
      throw error;
    }
  }

  async function single<Answer>(
    question: Question<Answer>,
    credential: Credential,
    options: PollCallOptions,
    lane: Lane,
  ): Promise<Answer> {
    try {
      return await attempt(question, credential, options, lane);
    } catch (error) {
      throw outward(error);
    }
  }

  return {
    once: (question, credential, options) => single(question, credential, options, "calls"),
    poll: (question, credential, options) => single(question, credential, options, "polls"),
    async read(question, credential, options) {
      for (let attempts = 1; ; attempts += 1) {
        try {
          return await attempt(question, credential, options, "calls");
        } catch (error) {
          const delay = retryDelay(error, attempts, options.deadline - now(), random());
          if (delay === null) throw outward(error);
          await pause(delay, options.signal);
        }
      }
    },
  };
}

function statusVerdict(status: number, optional: boolean): "success" | "failure" | "neither" {
  if (status < 500) return "success";
  return optional && mayBeAbsent(status) ? "neither" : "failure";
}

/** Whether an exchange without an answer tells against the gateway. */
function verdict(error: unknown): "success" | "failure" | "neither" {
  if (!(error instanceof TransportFailure)) return "neither";
  return error.kind === "too-large" ? "success" : "failure";
}

const outward = (error: unknown): unknown => (error instanceof TransportFailure ? faultOf(error) : error);

function outcomeOf(error: unknown): ObservedCall["outcome"] {
  const problem = outward(error);
  if (problem instanceof Refusal) return "refused";
  return problem instanceof Fault ? problem.code : "left";
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
}
