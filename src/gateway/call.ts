import type { IncomingHttpHeaders } from "node:http";
import { type Envelope, parseAnswer, SUCCESS } from "./answer.ts";
import type { Clock } from "./clock.ts";
import { mergeCookies } from "./cookies.ts";
import { Fault, statusFault } from "./fault.ts";
import type { CallOptions, PollOptions, Renewal, SignInOptions } from "./gateway.ts";
import type { Guard } from "./guard.ts";
import { type AgentId, type Guid, parseSetGuid } from "./identifiers.ts";
import type { GatewayLog } from "./log.ts";
import type { CallName, GatewayObserver, ObservedCall } from "./observer.ts";
import { withOutcome } from "./outcome.ts";
import { Refusal } from "./refusal.ts";
import type { Retcodes } from "./retcodes.ts";
import { retryDelay } from "./retry-delay.ts";
import { faultOf, TransportFailure } from "./transport/failure.ts";
import type { Incoming, Lane, Outgoing, Transport } from "./transport/port.ts";

/** What the gateway is asked, and how its answer is read. */
export interface Question<Answer> {
  readonly operation: CallName;
  readonly method: Outgoing["method"];
  readonly path: string;
  readonly body?: string;
  /** `list` for what is asked thousands of times a second; `single` where nothing is said. */
  readonly lane?: "list";
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

type OnceOptions = CallOptions & Pick<SignInOptions, "until">;
type PollCallOptions = CallOptions & Pick<PollOptions, "onReady">;
type AttemptOptions = OnceOptions & PollCallOptions;

export interface Calls {
  /** Once, whatever happens: signing in and out. */
  once<Answer>(question: Question<Answer>, credential: Credential, options: OnceOptions): Promise<Answer>;
  /** Once as well, and a failure says whether it may have been carried out. */
  change<Answer>(question: Question<Answer>, credential: Credential, options: CallOptions): Promise<Answer>;
  /** With the one repetition that a read may have. */
  read<Answer>(question: Question<Answer>, credential: Credential, options: CallOptions): Promise<Answer>;
  /** Once, in the polls' lane: neither the breaker nor the bulkhead counts or stops it. */
  poll<Answer>(question: Question<Answer>, credential: Credential, options: PollCallOptions): Promise<Answer>;
}

interface CallParts {
  readonly transport: Transport;
  readonly guard: Guard;
  readonly retcodes: Retcodes;
  readonly observer: GatewayObserver;
  readonly log: GatewayLog;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
}

export function createCalls(parts: CallParts): Calls {
  const { transport, guard, retcodes, observer, log, clock, random } = parts;

  /** An answer's new Guid and cookies are stored before anybody goes on, also when the rest of it was no use. */
  async function renew(headers: IncomingHttpHeaders, credential: Credential): Promise<void> {
    const field = headers["set-guid"];
    const guid = field === undefined ? credential.guid : parseSetGuid(field);
    if (guid === null && field !== undefined) log.guidIgnored(credential.agentId);
    const cookies = mergeCookies(credential.cookies, headers["set-cookie"], clock.wall());
    const newest = guid ?? credential.guid;
    if (credential.guid !== null && newest !== credential.guid) observer.onRotation();
    if (newest === credential.guid && cookies === credential.cookies) return;
    credential.guid = newest;
    credential.cookies = cookies;
    if (newest !== null) await credential.renewed({ guid: newest, cookies });
  }

  async function attempt<Answer>(
    question: Question<Answer>,
    credential: Credential,
    options: AttemptOptions,
    lane: Lane,
  ): Promise<Answer> {
    const started = clock.monotonic();
    const { operation, method, path, body = null, optional = false } = question;
    const { deadline, until, signal, onReady } = options;
    const trace = observer.onBegin?.(operation);
    const over = (ending: Ending): void => {
      const observed = { operation, ...ending, durationMs: clock.monotonic() - started };
      observer.onCall(observed);
      trace?.end(observed);
    };
    let head: IncomingHttpHeaders | undefined;
    const outgoing: Outgoing = {
      lane,
      method,
      path,
      body,
      guid: credential.guid,
      cookies: credential.cookies,
      trace: trace?.headers,
      timeoutMs: (until ?? deadline) - started,
      signal,
      ...(onReady && { onReady }),
      onHead(headers) {
        head = headers;
      },
    };
    try {
      let incoming: Incoming;
      try {
        incoming = await (lane === "poll"
          ? transport.exchange(outgoing)
          : guard.exchange(outgoing, { deadline, until, optional }));
      } finally {
        if (head !== undefined) await renew(head, credential);
      }
      const fault = statusFault(incoming.status, incoming.headers["retry-after"]);
      if (fault !== null) throw fault;
      const envelope = parseAnswer(incoming.body, incoming.headers["content-type"]);
      if (envelope.retcode !== SUCCESS) throw retcodes.refusal(envelope.retcode);
      const answer = question.parse(envelope);
      over(answeredWell);
      return answer;
    } catch (error) {
      over(endedWith(outward(error), retcodes));
      throw error;
    }
  }

  async function once<Answer>(
    question: Question<Answer>,
    credential: Credential,
    options: AttemptOptions,
    lane: Lane,
  ): Promise<Answer> {
    try {
      return await attempt(question, credential, options, lane);
    } catch (error) {
      throw outward(error);
    }
  }

  return {
    once: (question, credential, options) => once(question, credential, options, "single"),
    async change(question, credential, options) {
      try {
        return await attempt(question, credential, options, "single");
      } catch (error) {
        throw withOutcome(error);
      }
    },
    poll: (question, credential, options) => once(question, credential, options, "poll"),
    async read(question, credential, options) {
      for (let attempts = 1; ; attempts += 1) {
        try {
          // The second attempt on a connection that nobody has used before.
          return await attempt(question, credential, options, (attempts === 1 && question.lane) || "single");
        } catch (error) {
          const delay = retryDelay(error, attempts, options.deadline - clock.monotonic(), random());
          if (delay === null) throw outward(error);
          await clock.wait(delay, options.signal);
        }
      }
    },
  };
}

const outward = (error: unknown): unknown => (error instanceof TransportFailure ? faultOf(error) : error);

type Ending = Pick<ObservedCall, "outcome" | "retcode" | "cause">;

const answeredWell: Ending = { outcome: "ok", retcode: null, cause: null };

function endedWith(error: unknown, retcodes: Retcodes): Ending {
  if (error instanceof Refusal) return { outcome: "refused", retcode: retcodes.label(error.retcode), cause: null };
  if (error instanceof Fault) return { outcome: error.code, retcode: null, cause: error.cause.code };
  return { outcome: "left", retcode: null, cause: null };
}
