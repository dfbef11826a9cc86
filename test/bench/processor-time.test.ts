import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { cpuSecondsOf, parseStat } from "../../bench/processor-time.ts";

const BUSY_MS = 400;
const busy = `const end = performance.now() + ${BUSY_MS}; while (performance.now() < end);`;

async function usedBy(program: string): Promise<number> {
  const child = spawn(process.execPath, ["-e", `${program}; console.log("done"); setInterval(() => {}, 1000);`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
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
  const worker = `new (require("node:worker_threads").Worker)(${JSON.stringify(busy)}, { eval: true })`;
  const child = `require("node:child_process").spawnSync(process.execPath, ["-e", ${JSON.stringify(busy)}])`;
  const running = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(`${busy} setTimeout(() => {}, 5000)`)}]);
    const waited = performance.now() + ${BUSY_MS * 3}; while (performance.now() < waited) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)`;
  const inThread = await usedBy(
    `${worker}; const end = performance.now() + ${BUSY_MS * 3}; while (performance.now() < end) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)`,
  );
  for (const used of [inThread, await usedBy(child), await usedBy(running)]) {
    assert.ok(used - idle > (BUSY_MS / 1_000) * 0.2, `${used} against ${idle}`);
  }
});

test("a process that is not there is said so", () => {
  assert.throws(() => cpuSecondsOf(2 ** 22 + 1), /no process/);
});
