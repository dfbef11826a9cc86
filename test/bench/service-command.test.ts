import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { serviceCommand } from "../../bench/service-command.ts";

const root = mkdtempSync(join(tmpdir(), "service-command-"));
after(() => rmSync(root, { recursive: true, force: true }));
const start = "exec node --max-semi-space-size=16 --expose-gc --require ./src/before.cjs src/main.ts";
writeFileSync(join(root, "package.json"), JSON.stringify({ scripts: { start } }));

const [before, main] = [join(root, "src/before.cjs"), join(root, "src/main.ts")];

test("the benchmarks start a service as npm start does, from anywhere", () => {
  const command = [process.execPath, "--max-semi-space-size=16", "--expose-gc", "--require", before, main];
  assert.deepEqual(serviceCommand({ root }), command);
  const { scripts } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    scripts: { start: string };
  };
  assert.equal(serviceCommand().length, scripts.start.replace("exec ", "").split(" ").length);
});

test("an option of V8 is judged by a start with it or without it, and everything else as it is", () => {
  const without = serviceCommand({ root, without: ["max-semi-space-size", "expose-gc"] });
  assert.deepEqual(without, [process.execPath, "--require", before, main]);
  const other = serviceCommand({ root, nodeOptions: ["--max-semi-space-size=32"] });
  assert.deepEqual(other.slice(-2), ["--max-semi-space-size=32", main]);
});

test("an option that npm start does not have cannot be left out: the comparison would be of twice the same", () => {
  assert.throws(() => serviceCommand({ root, without: ["max-semi-space"] }), /no option --max-semi-space:/);
});

test("options of the other one are refused where there is no other one", () => {
  const bench = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));
  for (const option of ["--with", "--without"]) {
    const { status, stdout } = spawnSync(process.execPath, [bench, option, "max-semi-space-size"], { timeout: 60_000 });
    assert.equal(status, 2);
    assert.match(stdout.toString(), /--compare REVISION/);
  }
});
