import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { HOUSE, PACKAGES, roomOf } from "../scripts/floors/house.ts";
import { brokenFloors } from "../scripts/floors.ts";

const root = join(import.meta.dirname, "..");

/** A project with these files and no others. */
function planted(t: TestContext, files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), "floors-"));
  t.after(() => rmSync(directory, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

const wrongWays: readonly (readonly [path: string, text: string, what: string])[] = [
  ["src/http/x.ts", 'import { a } from "../sessions/x.ts";', "http may not know sessions"],
  ["src/http/deep/x.ts", 'import type { A } from "../../sessions/model.ts";', "http may not know session model"],
  ["src/gateway/x.ts", 'export * from "../http/x.ts";', "gateway may not know http"],
  ["src/gateway/x.ts", 'export type { A } from "../tokens/claims.ts";', "gateway may not know claims"],
  ["src/http/x.ts", 'import { a } from "../tokens/index.ts";', "http may not know tokens"],
  ["src/tokens/claims.ts", 'import type { A } from "./verifier.ts";', "claims may not know tokens"],
  ["src/tokens/x.ts", 'export const a = () => import("../gateway/x.ts");', "tokens may not know gateway"],
  ["src/tokens/x.ts", 'export type A = import("../config.ts").A;', "tokens may not know config"],
  ["src/problems.ts", 'import "./http/x.ts";', "problems may not know http"],
  ["src/sessions/x.ts", 'import { a } from "./api/x.ts";', "sessions may not know session edge"],
  ["src/sessions/x.ts", 'import { a } from "../http/x.ts";', "sessions may not know http"],
  ["src/sessions/x.ts", 'import { a } from "../conferences/x.ts";', "sessions may not know conferences"],
  ["src/sessions/stores/redis/x.ts", 'import { a } from "../../x.ts";', "session stores may not know sessions"],
  ["src/sessions/api/x.ts", 'import { a } from "../../board/x.ts";', "session edge may not know board"],
  ["src/conferences/x.ts", 'import { a } from "../board/x.ts";', "conferences may not know board"],
  ["src/conferences/x.ts", 'import { a } from "../log.ts";', "conferences may not know log"],
  ["src/log.ts", 'import { a } from "./config/x.ts";', "log may not know config"],
  ["src/config/x.ts", 'import { a } from "../app.ts";', "config may not know composition"],
  ["src/app.ts", 'import { a } from "../simulator/x.ts";', "composition may not know simulator"],
  ["src/app.ts", 'import { a } from "../test/x.ts";', "composition may not know what lies outside"],
  ["simulator/x.ts", 'import { a } from "../src/problems.ts";', "simulator may not know problems"],
  ["client/x.ts", 'import { a } from "../src/problems.ts";', "client may not know problems"],
  ["client/x.js", 'import { a } from "../src/problems.ts";', "client may not know problems"],
  ["src/http/x.cjs", 'import("../sessions/x.ts");', "http may not know sessions"],
  ["simulator/x.ts", 'import about from "../package.json";', "simulator may not know what lies outside"],
  ["src/gateway/x.ts", 'import type { Request } from "express";', "gateway may not use that package"],
  ["src/sessions/x.ts", 'import type { Request } from "express";', "sessions may not use that package"],
  ["src/conferences/x.ts", 'import { a } from "@redis/client/dist/a.js";', "conferences may not use that package"],
  ["src/http/x.ts", 'export const a = () => import("got");', "http may not use that package"],
  ["src/app.ts", 'import { a } from "./sessions/x.ts";', "that is no part of the outside of sessions"],
  ["src/app.ts", 'import { a } from "./sessions/api/x.ts";', "that is no part of the outside of session edge"],
  ["src/sessions/x.ts", 'import type { A } from "../gateway/x.ts";', "that is no part of the outside of gateway"],
  ["src/conferences/x.ts", 'import { a } from "../tokens/x.ts";', "that is no part of the outside of tokens"],
  ["src/conferences/x.ts", 'import "../sessions/stores/port.ts";', "conferences may not know session stores"],
];

for (const [path, text, what] of wrongWays) {
  test(`an import the wrong way is found: ${path}, ${text}`, (t) => {
    const found = brokenFloors(planted(t, { [path]: `// one line\n${text}\n` }));
    assert.equal(found.length, 1, String(found));
    assert.match(String(found[0]), new RegExp(`^${path}:2 .*: ${what}$`));
  });
}

test("an import down the floors, in one's own room or of a package is none of that", (t) => {
  const files = {
    "src/app.ts":
      'import "node:http";\nimport "./log.ts";\nimport "./config/index.ts";\nimport "./board/x.ts";\nimport "./problems.ts";\n',
    "src/log.ts": 'import type { A } from "./sessions/index.ts";\n',
    "src/conferences/x.ts":
      'import "../sessions/api/index.ts";\nimport "../sessions/index.ts";\nimport "../http/x.ts";\n',
    "src/sessions/api/x.ts": 'import "../x.ts";\nimport "../../http/x.ts";\nimport "../../tokens/index.ts";\n',
    "src/sessions/x.ts": 'import "./stores/x.ts";\nimport "./model.ts";\nimport "../gateway/identifiers.ts";\n',
    "src/sessions/stores/x.ts": 'import "../model.ts";\nimport "@redis/client";\nimport "../../problems.ts";\n',
    "src/http/x.ts": 'import "../tokens/claims.ts";\nimport "./y.ts";\nimport about from "../../package.json";\n',
    "src/tokens/claims.ts": 'import type { A } from "./issuer.ts";\nimport type { B } from "./names.ts";\n',
    "simulator/x.ts": '// import { a } from "../src/app.ts";\nexport const a = \'import("../src/app.ts")\';\n',
    "scripts/x.ts": 'import "../src/app.ts";\nimport "../simulator/x.ts";\n',
  };
  assert.deepEqual(brokenFloors(planted(t, files)), []);
});

test("the environment is read by the configuration alone", (t) => {
  const files = {
    "src/config/x.ts": "export const a = process.env;\n",
    "src/http/x.ts": "// process.env\nexport const a = process.env.A;\n",
    "src/run.ts": 'export const a = process["env"];\n',
    "simulator/x.ts": "export const a = process.env;\n",
  };
  assert.deepEqual(brokenFloors(planted(t, files)), [
    "src/http/x.ts:2 reads the environment: config alone may",
    "src/run.ts:1 reads the environment: config alone may",
  ]);
});

test("sessions and the gateway have no clock and no chance of their own", (t) => {
  const files = {
    "src/gateway/x.ts": "// Date.now()\nexport const a = Date.now();\nexport const b = new Date(a);\n",
    "src/sessions/x.ts": "export const a = Math.random();\n",
    "src/sessions/api/x.ts": "export const a = new Date();\nsetImmediate(() => undefined);\n",
    "src/sessions/stores/x.ts": "export const a = [performance.now(), process.hrtime.bigint()];\n",
    "src/sessions/stores/redis/x.ts": "setTimeout(() => undefined, 1);\n",
    "src/sessions/y.ts": 'import { setTimeout as wait } from "node:timers/promises";\nawait wait(1);\n',
    "src/http/x.ts": "export const a = performance.now();\n",
    "src/system-clock.ts": "export const a = Date.now();\n",
  };
  const own = (room: string) => `has a clock or chance of its own: ${room} is handed them`;
  assert.deepEqual(brokenFloors(planted(t, files)), [
    `src/gateway/x.ts:2 ${own("gateway")}`,
    `src/sessions/api/x.ts:1 ${own("session edge")}`,
    `src/sessions/stores/redis/x.ts:1 ${own("session stores")}`,
    `src/sessions/stores/x.ts:1 ${own("session stores")}`,
    `src/sessions/stores/x.ts:1 ${own("session stores")}`,
    `src/sessions/x.ts:1 ${own("sessions")}`,
    "src/sessions/y.ts:1 imports node:timers: sessions may not use that package",
  ]);
});

test("a folder of src without a floor, and a file of too many lines, are found", (t) => {
  const found = brokenFloors(
    planted(t, { "src/utils/x.ts": "\n", "src/app.ts": "//\n".repeat(260), "src/board/a.css": `${"\n".repeat(300)}b` }),
  );
  assert.deepEqual(found, [
    "src/app.ts has 260 lines, fewer than 260 are wanted",
    "src/board/a.css has 301 lines, fewer than 260 are wanted",
    "src/utils/x.ts is in no room: scripts/floors/house.ts has to say which floor it is on",
  ]);
});

test("a circle of files is an error of the linter's, also one of types alone", async (t) => {
  const { vcs: _, ...rules } = JSON.parse(readFileSync(join(root, "biome.json"), "utf8")) as Record<string, unknown>;
  const directory = planted(t, {
    "biome.json": JSON.stringify(rules),
    "simulator/a.ts": 'import type { B } from "./b.ts";\nexport type A = B | 1;\n',
    "simulator/b.ts": 'import type { A } from "./a.ts";\nexport type B = A | 2;\n',
  });
  const biome = join(root, "node_modules/.bin/biome");
  const linted = promisify(execFile)(biome, ["lint"], { cwd: directory, timeout: 60_000 });
  await assert.rejects(linted, ({ stderr, stdout }: { stderr: string; stdout: string }) => {
    assert.match(stdout + stderr, /simulator\/a\.ts:1:\d+ lint\/suspicious\/noImportCycles/);
    return true;
  });
});

test("the house names no room that may know one which does not exist", () => {
  const names = new Set([...HOUSE.map(({ name }) => name), "*"]);
  for (const { name, mayKnow } of HOUSE) for (const other of mayKnow) assert.ok(names.has(other), `${name}: ${other}`);
  for (const [name, rooms] of Object.entries(PACKAGES))
    for (const room of rooms) assert.ok(names.has(room), `${name}: ${room}`);
  assert.equal(roomOf("src/sessions/api/schemas.ts")?.name, "session edge");
  assert.equal(roomOf("src/sessionsfoo/x.ts"), null);
});
