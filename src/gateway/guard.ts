import type { AdmittedCall, Breaker } from "./breaker.ts";
import type { Bulkhead } from "./bulkhead.ts";
import type { Clock } from "./clock.ts";
import { mayBeAbsent, tooManyWaiting } from "./fault.ts";
import { TransportFailure } from "./transport/failure.ts";
import type { Incoming, Outgoing, Transport } from "./transport/port.ts";

/** The longest stay in the queue, in ms: an overloaded gateway is better told of at once than at the deadline. */
const QUEUE_WAIT_MS = 1_000;
/** Exchanges whose answer is waited for past their deadline. */
const MOST_OVERDUE = 256;

interface GuardParts {
  readonly transport: Transport;
  readonly breaker: Breaker;
  readonly bulkhead: Bulkhead;
  readonly clock: Clock;
}

interface Guarded {
  /** When the operation has to be over: a reading of the monotonic clock. */
  readonly deadline: number;
  /** Until when the exchange goes on all the same, where its answer has to be known. */
  readonly until?: number | undefined;
  /** Of an interface that not every site has: that it is absent says nothing about the gateway. */
  readonly optional: boolean;
}

/** Exchanges that spare the gateway: none while it fails, and so many at once. */
export class Guard {
  readonly #parts: GuardParts;
  #overdue = 0;

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  /** Breaker, queue, exchange. A place in the queue is left again however the exchange ends. */
  async exchange(outgoing: Outgoing, { deadline, until, optional }: Guarded): Promise<Incoming> {
    const { transport, breaker, bulkhead, clock } = this.#parts;
    breaker.check();
    if (until !== undefined && this.#overdue >= MOST_OVERDUE) throw tooManyWaiting();
    const turn = bulkhead.enter(Math.min(QUEUE_WAIT_MS, outgoing.timeoutMs), outgoing.signal);
    if (turn !== undefined) await turn;
    let verdict: Verdict = "neither";
    let end = (): void => bulkhead.release();
    try {
      const now = clock.monotonic();
      if (deadline <= now) throw new TransportFailure("timeout", "TIMEOUT", false);
      const admitted = breaker.admit();
      end = () => {
        admitted.end(verdict);
        bulkhead.release();
      };
      let asked = turn === undefined ? outgoing : { ...outgoing, timeoutMs: (until ?? deadline) - now };
      if (until !== undefined) {
        const sending = new Sending(asked);
        asked = sending.outgoing;
        end = this.#overdueAfter(deadline - now, end, () => {
          verdict = "failure";
          sending.giveUp();
        });
      }
      const incoming = await transport.exchange(asked);
      verdict = statusVerdict(incoming.status, optional);
      return incoming;
    } catch (error) {
      verdict = failureVerdict(error);
      throw error;
    } finally {
      end();
    }
  }

  /** Ends an exchange's part in all this at its deadline, though it goes on; answers with how to end it before or after. */
  #overdueAfter(ms: number, end: () => void, late: () => void): () => void {
    let isOverdue = false;
    const callOff = this.#parts.clock.after(ms, () => {
      isOverdue = true;
      this.#overdue += 1;
      late();
      end();
    });
    return () => {
      callOff();
      if (isOverdue) this.#overdue -= 1;
      else end();
    };
  }
}

/** An exchange that is worth following as soon as it is sent: before its connection stands, nobody has been asked. */
class Sending {
  readonly outgoing: Outgoing;
  readonly #unsent = new AbortController();
  #isSent = false;

  constructor(outgoing: Outgoing) {
    const { signal } = this.#unsent;
    this.outgoing = {
      ...outgoing,
      signal: outgoing.signal ? AbortSignal.any([outgoing.signal, signal]) : signal,
      onReady: () => {
        this.#isSent = true;
        outgoing.onReady?.();
      },
    };
  }

  giveUp(): void {
    if (!this.#isSent) this.#unsent.abort(new TransportFailure("timeout", "TIMEOUT", false));
  }
}

type Verdict = Parameters<AdmittedCall["end"]>[0];

function statusVerdict(status: number, optional: boolean): Verdict {
  if (status < 500) return "success";
  return optional && mayBeAbsent(status) ? "neither" : "failure";
}

/** Whether an exchange without an answer tells against the gateway. */
function failureVerdict(error: unknown): Verdict {
  if (!(error instanceof TransportFailure)) return "neither";
  return error.kind === "too-large" ? "success" : "failure";
}
