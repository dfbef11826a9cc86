/**
 * A process that opens an sqlite file, or looks at one, and ends: `node starting-process.ts open|look FILE nobody|owner`. For
 * `nobody` it first becomes a user who may do little, where it may, so that what the system refuses is refused to it as well. Why
 * it could not do it is on standard error.
 */

import { openStore, refuseMistakenFile, type StorePlace } from "../../../src/sessions/stores/index.ts";
import { systemChance, systemClock } from "../../../src/system-clock.ts";

const NOBODY = 65_534;

const [act, path = "", user] = process.argv.slice(2);
if (user === "nobody" && process.getuid?.() === 0) {
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}
const place: StorePlace = { kind: "sqlite", prefix: "cbff", url: `sqlite:${path}`, path, keys: null };
try {
  if (act === "look") refuseMistakenFile(place);
  else {
    const options = { clock: systemClock, chance: systemChance, eventsKept: 10, onCorrupt: () => undefined };
    await (await openStore(place, options)).close();
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? `${error.name}: ${error.message}` : ""}\n`);
  process.exitCode = 1;
}
