import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const main = join(import.meta.dirname, "../../src/main.ts");

test("with a wrong configuration the service ends with 78 before it opens anything, naming every mistake and no value", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "conferences-bff-start-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const { status, stdout, stderr } = spawnSync(process.execPath, [main], {
    cwd: directory,
    encoding: "utf8",
    env: { PORT: "not-a-port", TOKEN_SECRET: "mArKeD-too-short", SESSION_STORE_URL: "mysql://u:mArKeD@host" },
  });
  assert.equal(status, 78);
  for (const name of ["GATEWAY_URL", "PORT", "TOKEN_SECRET", "SESSION_STORE_URL"])
    assert.match(stderr, new RegExp(`^  ${name}: `, "m"));
  assert.doesNotMatch(stdout + stderr, /mArKeD|not-a-port|^ +at /m);
  assert.deepEqual(readdirSync(directory), []);
});
