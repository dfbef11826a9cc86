// What every contender is given: the sessions, the key, the gateway's address. Imported, so that a contender's file
// shows nothing but how it does the job.
import { readFileSync } from "node:fs";

/** Session id → { subject, agentId, guid }. */
export const sessions = new Map(Object.entries(JSON.parse(readFileSync(process.env.BENCH_SESSIONS, "utf8"))));

/** The secret, or the public key as PEM text. */
export const key = process.env.BENCH_KEY;
export const algorithms = [process.env.BENCH_ALGORITHM];
export const gateway = process.env.BENCH_GATEWAY;

// Killed by the signal, it would write no profile.
process.on("SIGTERM", () => process.exit(0));

export function announce(server) {
  console.log(`listening ${server.address().port}`);
}
