import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { rows } from "./all-rows.ts";
import { type CaseName, cases, compare } from "./compare.ts";
import { startGatewayStub } from "./gateway/gateway-stub.ts";
import { thisMachine } from "./machine.ts";
import { bringNeeds } from "./needs.ts";
import { LOAD_CORE, stopAll } from "./processes.ts";
import { asMarkdown, goalTable, keep, notTold } from "./results.ts";
import { checkOut, type Revision } from "./revision.ts";
import type { Bench, Finding, Row } from "./row.ts";

const usage = `npm run bench -- [--only ROW]… [--quick] [--compare REVISION [--with OPTION]… [--without OPTION]…]

Measures the service beside what a user would take instead, prints the goals, and writes bench/RESULTS.md.
  --only ROW   this row alone; may be given several times: ${Object.keys(rows).join(", ")}
  --quick      fewer and shorter rounds, for a first look; nothing is written
  --compare R  instead of all that: this tree beside revision R of git, in the same run; nothing is written.
               --only takes its cases then: ${Object.keys(cases).join(", ")}
  --with O     starts R with another option of Node or V8, without its dashes: max-semi-space-size=32
  --without O  starts R without an option of its npm start: max-semi-space-size`;

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    quick: { type: "boolean", default: false },
    compare: { type: "string" },
    with: { type: "string", multiple: true },
    without: { type: "string", multiple: true },
    help: { type: "boolean", default: false },
  },
});
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const names = Object.keys(values.compare === undefined ? rows : cases);
const chosen = values.only ?? names;
const unknown = chosen.filter((name) => !names.includes(name));
const options = { nodeOptions: (values.with ?? []).map((option) => `--${option}`), without: values.without ?? [] };
const ofNobody = values.compare === undefined && options.nodeOptions.length + options.without.length > 0;
const misused = unknown.length > 0 || ofNobody;
if (values.help || misused) {
  say(usage);
  process.exit(misused ? 2 : 0);
}

bringNeeds(say);
// This process is a part of the load, and so is what it starts without a core of its own.
execFileSync("taskset", ["-acp", String(LOAD_CORE), String(process.pid)], { stdio: "ignore" });
const directory = mkdtempSync(join(tmpdir(), "conferences-bff-bench-"));
const extent = values.quick
  ? { rounds: 2, mostRounds: 2, seconds: 3, warmUpSeconds: 3, longestSeconds: 60 }
  : { rounds: 6, mostRounds: 12, seconds: 6, warmUpSeconds: 6, longestSeconds: 180 };
/** How often a row is measured at most while its bounds do not tell on which side of a floor it is. */
const MOST_ATTEMPTS = values.quick ? 1 : 3;

let revision: Revision | null = null;
const end = async (): Promise<void> => {
  await stopAll();
  await revision?.stop();
  rmSync(directory, { recursive: true, force: true });
};
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void end().then(() => process.exit(1)));

try {
  if (values.compare === undefined) await measureRows();
  else {
    revision = checkOut(values.compare, options, directory, say);
    const other = revision;
    for (const name of chosen) {
      await withGateway(async (bench) => say(`\n${asMarkdown(await compare(bench, other, name as CaseName))}`));
    }
  }
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await end();
}

async function measureRows(): Promise<void> {
  const machine = thisMachine();
  const found: Record<string, Finding> = {};
  const failed: string[] = [];
  for (const name of chosen) {
    const [loadBefore = 0] = loadavg();
    say(`\n${name} (load average ${loadBefore.toFixed(1)})`);
    try {
      const finding = await measured(name);
      found[name] = finding;
      for (const table of finding.tables) say(`\n${asMarkdown(table)}`);
      const { rounds, seconds } = extent;
      const date = new Date().toISOString();
      if (!values.quick) keep(name, { ...finding, date, quick: false, rounds, seconds, machine, loadBefore });
    } catch (error) {
      failed.push(name);
      say(`${name} was not measured: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  say(`\n${asMarkdown(goalTable(found))}`);
  if (failed.length === 0) return;
  say(`\nNot measured: ${failed.join(", ")}.`);
  process.exitCode = 1;
}

/**
 * One whose bounds lie on both sides of a floor is measured anew, and the new figures stand alone: as long as another time
 * does not make it longer than a row may take.
 */
async function measured(name: string): Promise<Finding> {
  const from = performance.now();
  for (let attempt = 1; ; attempt++) {
    const finding = await withGateway((bench) => (rows[name] as Row)(bench));
    const open = notTold(name, finding);
    const withAnother = ((performance.now() - from) / 1_000 / attempt) * (attempt + 1);
    if (open.length === 0 || attempt === MOST_ATTEMPTS || withAnother > extent.longestSeconds) return finding;
    say(`not told: ${open.join(", ")}; measured again`);
  }
}

async function withGateway<T>(work: (bench: Bench) => Promise<T>): Promise<T> {
  const gateway = await startGatewayStub(directory);
  try {
    return await work({ directory, gateway, extent, quick: values.quick, say });
  } finally {
    await gateway.stop();
  }
}
