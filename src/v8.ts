import { flushCompileCache } from "node:module";
import { setFlagsFromString } from "node:v8";

/**
 * Sets V8 up for a process that runs for long. To be called once everything is loaded: V8 takes what was compiled under
 * other flags for another's, so that Node would compile its own modules anew, for 7 to 10 % of a start.
 */
export function setUpV8(): void {
  // What is kept for the next start is what was compiled until here, for the same reason.
  flushCompileCache();
  // V8 takes the short-lived objects of a gateway call for long-lived ones, and the old space fills with what is garbage
  // at once. Without this a request takes 1.12 (1.08 to 1.16) times the processor time, and the p99 at full load is 1.29
  // (1.22 to 1.37) times as high (`npm run bench -- --compare`, Node 26.10).
  setFlagsFromString("--no-allocation-site-pretenuring");
  // Left to V8, 19,500 agents take 1.3 GiB. At 30 % it is collected every four seconds at half load, and on a single core
  // each time holds requests up for 50 to 70 ms (bench/README.md).
  setFlagsFromString("--heap-growing-percent=100");
}
