import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { ChaosReport } from "../scripts/chaos/report.ts";
import { until } from "./support/until.ts";

const program = fileURLToPath(new URL("../scripts/chaos.ts", import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

function start(t: TestContext, ...options: readonly string[]) {
  const child = spawn(process.execPath, [program, ...options], { stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill("SIGTERM"));
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const ended = once(child, "close").then(([code]): Ended => ({ code: code as number | null, output, errors }));
  return { child, ended };
}

describe("the chaos run", () => {
  test("a fleet whose instances, Redis, gateway and network fail all the time loses no session and polls nobody twice", async (t) => {
    const { ended } = start(t, "--seconds", "25", "--seed", "1", "--instances", "3", "--agents", "8", "--json");
    const { code, output, errors } = await ended;
    assert.match(output, /^\{.*\}\n$/, errors);
    const report = JSON.parse(output) as ChaosReport;
    t.diagnostic(
      `${report.callsInAll} calls, ${report.failuresInAll} failures (${JSON.stringify(report.failures)}), ${report.faultsInAll} faults, ${report.polls} polls, ${report.rotations} rotations`,
    );
    assert.deepEqual(report.verdict, [], JSON.stringify(report));
    assert.equal(code, 0);
    assert.deepEqual([report.sessionsLost, report.overlappingPolls, report.signedOutByTime], [0, 0, 0]);
    for (const failure of Object.keys(report.failures)) assert.match(failure, /^50[234] /);
    // It was no calm day: what the verdict is about has happened.
    assert.ok(report.faultsInAll >= 20, `${report.faultsInAll} faults`);
    assert.ok(report.callsInAll >= 300, `${report.callsInAll} calls`);
    assert.ok(report.rotations >= 50, `${report.rotations} rotations`);
    assert.ok(report.failuresInAll > 0, "some fault was seen");
    assert.ok(report.failedOver > 0, "an instance was killed");
    assert.ok(report.memory.some(({ starts }) => starts > 1));
  });

  test("it can be ended at any time, and leaves nothing running", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "chaos-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const trace = join(folder, "trace");
    const { child, ended } = start(t, "--seconds", "600", "--agents", "2", "--trace", trace);
    const told = (): string => (existsSync(trace) ? readFileSync(trace, "utf8") : "");
    await until(() => told().includes("fault: "), 60_000);
    child.kill("SIGINT");
    const { code, output, errors } = await ended;
    assert.deepEqual([code, output, errors], [130, "", ""]);
    const processes = [...told().matchAll(/is up, process (\d+)/g)].map(([, id]) => Number(id));
    assert.ok(processes.length >= 3);
    for (const id of processes) assert.throws(() => process.kill(id, 0), { code: "ESRCH" });
  });

  test("a mistake on its command line is told in one line", async (t) => {
    const { code, errors } = await start(t, "--instances", "1").ended;
    assert.equal(code, 64);
    assert.equal(errors, "--instances: a whole number from 2 to 20\n");
  });
});
