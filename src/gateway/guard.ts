import type { Admission, Breaker } from "./breaker.ts";
import type { Bulkhead } from "./bulkhead.ts";
import type { Clock } from "./clock.ts";
import { mayBeAbsent } from "./fault.ts";
import { TransportFailure } from "./transport/failure.ts";
import type { Incoming, Outgoing, Transport } from "./transport/port.ts";

/** The longest stay in the queue, in ms: an overloaded gateway is better told of at once than at the deadline. */
const QUEUE_WAIT_MS = 1_000;

export interface GuardParts {
  readonly transport: Transport;
  readonly breaker: Breaker;
  readonly bulkhead: Bulkhead;
  readonly clock: Clock;
}

export interface Guarded {
  /** When the operation has to be over: a reading of the monotonic clock. */
  readonly deadline: number;
  /** Of an interface that not every site has: that it is absent says nothing about the gateway. */
  readonly optional: boolean;
}

/** Exchanges that spare the gateway: none while it fails, and so many at once. */
export class Guard {
  readonly #parts: GuardParts;

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  /** Breaker, queue, exchange. A place in the queue is left again however the exchange ends. */
  async exchange(outgoing: Outgoing, { deadline, optional }: Guarded): Promise<Incoming> {
    const { transport, breaker, bulkhead, clock } = this.#parts;
    breaker.check();
    const turn = bulkhead.enter(Math.min(QUEUE_WAIT_MS, outgoing.timeoutMs), outgoing.signal);
    if (turn !== undefined) await turn;
    let admission: Admission | undefined;
    try {
      const timeoutMs = deadline - clock.monotonic();
      if (timeoutMs <= 0) throw new TransportFailure("timeout", "TIMEOUT", false);
      admission = breaker.admit();
      const incoming = await transport.exchange(turn === undefined ? outgoing : { ...outgoing, timeoutMs });
      admission.end(statusVerdict(incoming.status, optional));
      return incoming;
    } catch (error) {
      admission?.end(failureVerdict(error));
      throw error;
    } finally {
      bulkhead.release();
    }
  }
}

type Verdict = Parameters<Admission["end"]>[0];

function statusVerdict(status: number, optional: boolean): Verdict {
  if (status < 500) return "success";
  return optional && mayBeAbsent(status) ? "neither" : "failure";
}

/** Whether an exchange without an answer tells against the gateway. */
function failureVerdict(error: unknown): Verdict {
  if (!(error instanceof TransportFailure)) return "neither";
  return error.kind === "too-large" ? "success" : "failure";
}
