import { Problem } from "../../problems.ts";

/**
 * The store does not answer. The cause carries a short reason made of fixed words and codes, never the error itself:
 * messages of a driver may hold addresses, passwords or records.
 */
export function storeUnavailable(reason: string): Problem {
  return new Problem("session-store-unavailable", { cause: new Error(reason) });
}

/** The store cannot be opened, and trying again does not help: the message tells the operator why. */
export class StoreRefused extends Error {
  override readonly name = "StoreRefused";
}
