import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startGatewayStub } from "./gateway/gateway-stub.ts";
import { thisMachine } from "./machine.ts";
import { bringNeeds } from "./needs.ts";
import { LOAD_CORE, stopAll } from "./processes.ts";
import { asMarkdown, goalTable, keep } from "./results.ts";
import type { Finding, Row } from "./row.ts";
import { agents } from "./rows/agents.ts";
import { algorithms } from "./rows/algorithms.ts";
import { fresh } from "./rows/fresh.ts";
import { growth } from "./rows/growth.ts";
import { https } from "./rows/https.ts";
import { instances } from "./rows/instances.ts";
import { latency } from "./rows/latency.ts";
import { listeners } from "./rows/listeners.ts";
import { memory } from "./rows/memory.ts";
import { profile } from "./rows/profile.ts";
import { start } from "./rows/start.ts";
import { stores } from "./rows/stores.ts";
import { team } from "./rows/team.ts";
import { throughput } from "./rows/throughput.ts";

const rows: Readonly<Record<string, Row>> = {
  throughput,
  algorithms,
  team,
  fresh,
  latency,
  https,
  memory,
  listeners,
  agents,
  start,
  stores,
  growth,
  instances,
  profile,
};

const usage = `npm run bench -- [--only ROW]… [--quick]

Measures the service beside what a user would take instead, prints the goals, and writes bench/RESULTS.md.
  --only ROW   this row alone; may be given several times: ${Object.keys(rows).join(", ")}
  --quick      fewer and shorter rounds, for a first look; nothing is written`;

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    quick: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const chosen = values.only ?? Object.keys(rows);
const unknown = chosen.filter((name) => !Object.hasOwn(rows, name));
if (values.help || unknown.length > 0) {
  say(usage);
  process.exit(unknown.length > 0 ? 2 : 0);
}

bringNeeds(say);
// This process is a part of the load, and so is what it starts without a core of its own.
execFileSync("taskset", ["-acp", String(LOAD_CORE), String(process.pid)], { stdio: "ignore" });
const directory = mkdtempSync(join(tmpdir(), "conferences-bff-bench-"));
const extent = values.quick ? { rounds: 2, seconds: 3, warmUpSeconds: 3 } : { rounds: 5, seconds: 6, warmUpSeconds: 6 };

const end = async (): Promise<void> => {
  await stopAll();
  rmSync(directory, { recursive: true, force: true });
};
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void end().then(() => process.exit(1)));

const found: Record<string, Finding> = {};
const failed: string[] = [];
try {
  const machine = thisMachine();
  for (const name of chosen) {
    const row = rows[name];
    if (row === undefined) continue;
    const [loadBefore = 0] = loadavg();
    say(`\n${name} (load average ${loadBefore.toFixed(1)})`);
    const gateway = await startGatewayStub(directory);
    try {
      const finding = await row({ directory, gateway, extent, quick: values.quick, say });
      found[name] = finding;
      for (const table of finding.tables) say(`\n${asMarkdown(table)}`);
      const { rounds, seconds } = extent;
      const circumstances = {
        date: new Date().toISOString(),
        quick: values.quick,
        rounds,
        seconds,
        machine,
        loadBefore,
      };
      if (!values.quick) keep(name, { ...finding, ...circumstances });
    } catch (error) {
      failed.push(name);
      say(`${name} was not measured: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await gateway.stop();
    }
  }
} finally {
  await end();
}
say(`\n${asMarkdown(goalTable(found))}`);
if (failed.length > 0) {
  say(`\nNot measured: ${failed.join(", ")}.`);
  process.exitCode = 1;
}
