import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { elsewhere, notHere, runInFull } from "./support/commands-elsewhere.ts";
import { fencedOf, pages, writtenCommands } from "./support/page-commands.ts";

const root = join(import.meta.dirname, "..");
const languages = ["sh", "sh walk", "text", "json", "js", "ts", "ini", "promql", "mermaid"];

test("every command of a page is run by a test, or cannot run here for a reason that is given", () => {
  const written = writtenCommands();
  assert.ok(written.size > 60, `${written.size} commands`);
  const told = [...runInFull, ...Object.keys(elsewhere), ...Object.keys(notHere)];
  assert.equal(new Set(told).size, told.length, "each once");
  assert.deepEqual(
    [...written].filter(([command]) => !told.includes(command)),
    [],
    "run them in commands-of-pages.slow.ts, or say in support/commands-elsewhere.ts what does",
  );
  assert.deepEqual(
    told.filter((command) => !written.has(command)),
    [],
    "no page says these any more",
  );
  for (const [command, [file, part]] of Object.entries(elsewhere)) {
    assert.ok(existsSync(join(root, file)), `${command}: ${file}`);
    assert.ok(readFileSync(join(root, file), "utf8").includes(part), `${command}: ${part} in ${file}`);
  }
});

test("every fenced block says what it is in, so that no command hides in one", () => {
  const fences = pages.flatMap(fencedOf);
  assert.ok(fences.length > 50, `${fences.length}`);
  assert.deepEqual(
    fences.filter(({ language }) => !languages.includes(language)).map(({ page, text }) => `${page}: ${text}`),
    [],
  );
});
