import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("a planted fault that nobody knows is a wrong call: exit 64 and the usage, and no history is run", () => {
  const script = fileURLToPath(new URL("../../scripts/histories.ts", import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [script, "--fault", "no such fault"], {
    encoding: "utf8",
    timeout: 60_000,
  });
  assert.equal(status, 64);
  assert.match(stdout, /^npm run histories -- \[options\]/);
  assert.doesNotMatch(stdout, /FOUND/);
});
