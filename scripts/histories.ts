import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { knownFaults } from "../test/histories/known-faults.ts";
import { reportOf } from "./histories/report.ts";
import { run } from "./histories/run.ts";
import { EX_USAGE } from "./usage.ts";

const usage = `npm run histories -- [options]

  --minutes N    how long (1)
  --seed N       begins with this seed; else one of the clock's
  --workers N    on how many threads (${Math.min(2, availableParallelism())})
  --only         the one seed alone, as a story
  --coverage     which lines of the sessions' core were run, and which never (slower)
  --fault NAME   plants a known fault first; --fault all: each of them, one after the other:
${knownFaults.map(({ name }) => `                   "${name}"`).join("\n")}
`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
    workers: { type: "string", default: String(Math.min(2, availableParallelism())) },
    only: { type: "boolean", default: false },
    fault: { type: "string" },
    coverage: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const [minutes, seed, workers] = [Number(values.minutes), Number(values.seed), Number(values.workers)];
const chosen = knownFaults.filter(({ name }) => values.fault === "all" || values.fault === name);
const isUnknown = values.fault !== undefined && chosen.length === 0;
if (values.help || isUnknown || !(minutes > 0) || !Number.isSafeInteger(seed) || !(workers >= 1)) {
  console.log(usage);
  process.exit(values.help ? 0 : EX_USAGE);
}

if (values.only) {
  const { live, planOf } = await import("../test/histories/history.ts");
  const { violation } = await live(planOf(seed), (line) => console.log(line));
  console.log(violation === null ? "Everything held." : `${violation.kind}: ${violation.message}`);
  process.exitCode = violation === null ? 0 : 1;
} else if (values.fault === undefined) {
  const whole = await run({ minutes, seed, workers, fault: null, coverage: values.coverage });
  console.log(reportOf(whole, seed));
  process.exitCode = whole.failure === null ? 0 : 1;
} else {
  for (const { name } of chosen) {
    const { failure, histories, seconds } = await run({ minutes, seed, workers, fault: name });
    // What fails without it as well has not found it.
    const without = failure && (await run({ minutes, seed: failure.seed, workers: 1, most: 1, fault: null })).failure;
    const found =
      failure === null
        ? "NOT FOUND"
        : `${without === null ? "" : "NOT FOUND, but "}${failure.kind}, seed ${failure.seed}`;
    console.log(`${name}: ${found}, after ${histories} histories and ${seconds.toFixed(1)} s`);
    if (failure === null || without !== null) process.exitCode = 1;
  }
}
