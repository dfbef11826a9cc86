import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { COMMAND_HELP } from "../../simulator/control/control-interface.ts";
import { FAULTS } from "../../simulator/faults/fault.ts";
import { INTERFACES } from "../../simulator/requests/interfaces.ts";
import { VIOLATIONS } from "../../simulator/requests/ledger.ts";
import { KNOB_NAMES, KNOBS } from "../../simulator/settings.ts";
import { STANDARD_ACCOUNTS } from "../../simulator/world.ts";

const page = readFileSync(new URL("../../docs/simulator.md", import.meta.url), "utf8");

/** The first column of the table under a heading, and its second. */
function table(heading: string): [string, string][] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  return [...section.matchAll(/^\| `([^`]+)` \| ((?:\\\||[^|])+?) \|/gm)].map(([, first = "", second = ""]) => [
    first,
    second,
  ]);
}

const names = (heading: string) => table(heading).map(([name]) => name);

test("every setting is on the simulator's page with its standard value, and none is stale", () => {
  assert.deepEqual(
    table("Settings"),
    KNOB_NAMES.map((name) => [name, `\`${KNOBS[name].standard}\``]),
  );
});

test("every command, fault and violation is on the simulator's page, and none is stale", () => {
  assert.deepEqual(
    names("Control interface"),
    COMMAND_HELP.map(([command]) => command),
  );
  assert.deepEqual(names("Faults"), Object.keys(FAULTS));
  assert.deepEqual(names("What clients do wrong"), Object.keys(VIOLATIONS));
});

test("every interface and every agent of the standard world is on the simulator's page", () => {
  for (const name of INTERFACES) assert.ok(page.includes(`\`${name}\``), name);
  for (const { agentId } of STANDARD_ACCOUNTS) {
    if (!["1252", "1253", "1254"].includes(agentId)) assert.ok(page.includes(`\`${agentId}\``), agentId);
  }
});
