import { afterEach, beforeEach } from "node:test";

/**
 * Imported by the test commands, for each file of tests: one whose tests are over and that something still holds is ended
 * and fails, by the kinds of what holds it. The runner would wait for it for ever, whatever its own time limit is.
 */
const HELD_MS = 120_000;

let running = 0;
let held: NodeJS.Timeout | undefined;

if (process.env.NODE_TEST_CONTEXT !== undefined) {
  beforeEach(() => {
    running += 1;
    clearTimeout(held);
  });
  afterEach(() => {
    running -= 1;
    if (running === 0) held = setTimeout(fail, HELD_MS).unref();
  });
}

function fail(): void {
  const kinds = [...new Set(process.getActiveResourcesInfo())].join(", ");
  process.stderr.write(`The tests of this file ended ${HELD_MS / 1_000} s ago, and it is held by: ${kinds}\n`);
  process.exit(1);
}
