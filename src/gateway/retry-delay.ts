import { Refusal } from "./refusal.ts";
import { INTERIM, isReset, TransportFailure } from "./transport/failure.ts";

/** Less than this is not worth an attempt, in ms. */
const SHORTEST_ATTEMPT_MS = 20;
/** A reset mostly is a stale keep-alive socket: another one will do, at once save for the jitter. */
const RESET_SPREAD_MS = 25;
/** A retcode with a second try is a passing state of the gateway, which needs a moment. */
const REFUSAL_PAUSE_MS = 100;
const REFUSAL_SPREAD_MS = 200;

/**
 * How long to wait before a read is tried again, in ms; `null` when it is not. Once only, after a reset before any
 * answer, an interim answer that stopped the client, or a retcode whose row allows it, and inside the operation's deadline.
 *
 * @param attempts how many there have been
 * @param remainingMs until the deadline
 * @param random from 0 up to 1
 */
export function retryDelay(error: unknown, attempts: number, remainingMs: number, random: number): number | null {
  if (attempts !== 1) return null;
  let delay: number;
  if (error instanceof TransportFailure && (isReset(error) || error.code === INTERIM)) delay = random * RESET_SPREAD_MS;
  else if (error instanceof Refusal && error.retry) delay = REFUSAL_PAUSE_MS + random * REFUSAL_SPREAD_MS;
  else return null;
  return delay + SHORTEST_ATTEMPT_MS <= remainingMs ? delay : null;
}
