import assert from "node:assert/strict";
import { test } from "node:test";
import { Program } from "../../scripts/fleet/program.ts";

test("of a program that is not there it is said how to get it", async () => {
  const program = new Program("the balancer", "no-such-balancer", []);
  await assert.rejects(
    program.until(async () => false),
    /^Error: There is no no-such-balancer here. Install it, for instance with: apt-get install --no-install-recommends no-such-balancer$/,
  );
  await program.stop();
});

test("of a program that ends at once its last words are said", async () => {
  const program = new Program("the balancer", process.execPath, [
    "-e",
    "console.error('no such port'); process.exit(1)",
  ]);
  await assert.rejects(
    program.until(async () => false),
    /^Error: the balancer does not start: no such port$/,
  );
  await program.stop();
});
