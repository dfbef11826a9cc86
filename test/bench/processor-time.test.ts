import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { cpuSecondsOf, parseStat } from "../../bench/processor-time.ts";

const BUSY_MS = 400;
/** By the thread's own processor time: on a busy machine the same time by the clock may be none of work. */
const busy = `{
  const used = () => { const { user, system } = process.threadCpuUsage(); return user + system; };
  const end = used() + ${BUSY_MS * 1_000}; while (used() < end);
}`;

/** @param program may await */
async function usedBy(program: string): Promise<number> {
  const whole = `(async () => { ${program}; console.log("done"); setInterval(() => {}, 1000); })()`;
  const child = spawn(process.execPath, ["-e", whole], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(child.stdout, "data");
    return cpuSecondsOf(child.pid ?? 0);
  } finally {
    child.kill("SIGKILL");
  }
}

test("the fields of /proc/PID/stat are found behind a name with spaces and parentheses", () => {
  const numbers = Array.from({ length: 20 }, (_, place) => place + 100);
  const { parent, used } = parseStat(`42 (a) b (c) S 7 ${numbers.join(" ")}`);
  // Fields 5 to 24 are 100 to 119; 14 to 17 are user and system time, of the process and of its children.
  assert.deepEqual([parent, used], [7, 109 + 110 + 111 + 112]);
});

test("the processor time of a process counts what it works, not how long it waits", async () => {
  const idle = await usedBy("");
  const worked = await usedBy(busy);
  assert.ok(worked - idle > (BUSY_MS / 1_000) * 0.2, `${worked} against ${idle}`);
  assert.ok(worked < 30);
});

test("it counts threads and children too, those that have ended and those that still run", async () => {
  const idle = await usedBy("");
  const thread = `const { Worker } = require("node:worker_threads");
    await new Promise((resolve) => new Worker(${JSON.stringify(busy)}, { eval: true }).once("exit", resolve))`;
  const child = `require("node:child_process").spawnSync(process.execPath, ["-e", ${JSON.stringify(busy)}])`;
  const goesOn = JSON.stringify(`${busy} console.log("worked"); setTimeout(() => {}, 5000)`);
  const running = `const { spawn } = require("node:child_process"), { once } = require("node:events");
    await once(spawn(process.execPath, ["-e", ${goesOn}]).stdout, "data")`;
  for (const used of [await usedBy(thread), await usedBy(child), await usedBy(running)]) {
    assert.ok(used - idle > (BUSY_MS / 1_000) * 0.2, `${used} against ${idle}`);
  }
});

test("a process that is not there is said so", () => {
  assert.throws(() => cpuSecondsOf(2 ** 22 + 1), /no process/);
});
