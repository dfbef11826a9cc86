/**
 * A process that opens an sqlite file and ends: `node starting-process.ts FILE`. Where it may, it first becomes a user who may
 * do little, so that what the system refuses is refused to it as well. Why it could not open the file is on standard error.
 */

import { openStore } from "../../../src/sessions/stores/index.ts";
import { systemChance, systemClock } from "../../../src/system-clock.ts";

const NOBODY = 65_534;

const path = process.argv[2] ?? "";
if (process.getuid?.() === 0) {
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}
try {
  const store = await openStore(
    { kind: "sqlite", prefix: "cbff", url: `sqlite:${path}`, path, keys: null },
    { clock: systemClock, chance: systemChance, eventsKept: 10, onCorrupt: () => undefined },
  );
  await store.close();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? `${error.name}: ${error.message}` : ""}\n`);
  process.exitCode = 1;
}
