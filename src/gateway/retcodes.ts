import type { GatewayLog } from "./log.ts";
import { Refusal, type RetcodeRow } from "./refusal.ts";

/** A code that the table does not have means a fault on the gateway's side; it says nothing about the session. */
const unknownRow: RetcodeRow = { status: 502, problem: "gateway-error", effect: "none", retry: false };

/** How many unknown codes are logged, each once; past that they are only counted. */
const MAX_LOGGED = 256;

/** What the retcodes other than success mean, by the table of the configuration. */
export interface Retcodes {
  /** Logs an unknown code the first time. */
  refusal(retcode: string): Refusal;
  /** The code as a metric's label: `unknown` when the table does not have it. */
  label(retcode: string): string;
}

export function createRetcodes(table: ReadonlyMap<string, RetcodeRow>, log: GatewayLog): Retcodes {
  const logged = new Set<string>();
  return {
    refusal(retcode) {
      const row = table.get(retcode);
      if (row !== undefined) return new Refusal(retcode, row);
      if (!logged.has(retcode) && logged.size < MAX_LOGGED) {
        logged.add(retcode);
        log.unknownRetcode(retcode);
      }
      return new Refusal(retcode, unknownRow);
    },
    label: (retcode) => (table.has(retcode) ? retcode : "unknown"),
  };
}
