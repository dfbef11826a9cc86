import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseEnv } from "node:util";
import { generatedPages } from "../scripts/docs.ts";
import { ConfigError, isSecret, loadConfig, settingNames, shippedTables } from "../src/config/index.ts";
import { problemCodes } from "../src/problems.ts";
import { surroundings } from "./config/surroundings.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

for (const [path, text] of generatedPages()) {
  test(`${path} is what its tables say (npm run docs)`, () => {
    assert.equal(read(path), text);
  });
}

test("every setting is on the configuration page and none is stale", () => {
  const named = [...read("docs/configuration.md").matchAll(/^\| `([A-Z_]+)`(?: 🔑)? \|/gm)].map(([, name]) => name);
  assert.deepEqual(named.toSorted(), settingNames.toSorted());
});

test("every setting is in .env.example and none is stale", () => {
  const named = [...read(".env.example").matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(([, name]) => name);
  assert.deepEqual(named.toSorted(), settingNames.toSorted());
});

test(".env.example works once it is given a secret, also with every line switched on that has a default", () => {
  const secret = { TOKEN_SECRET: "t".repeat(32) };
  assert.equal(loadConfig({ ...parseEnv(read(".env.example")), ...secret }, surroundings()).http.port, 3000);
  const { settings: defaults } = shippedTables().defaults;
  const lines = read(".env.example").replaceAll(/^# ([A-Z_]+)=/gm, (line, name) =>
    name in defaults ? `${name}=` : line,
  );
  assert.equal(loadConfig({ ...parseEnv(lines), ...secret }, surroundings()).gateway.timeoutMs, 5000);
});

test("every problem and every retcode is on the problem page and none is stale", () => {
  const page = read("docs/problems.md");
  const problems = [...page.matchAll(/^### `([a-z-]+)`$/gm)].map(([, code]) => code);
  assert.deepEqual(problems, [...problemCodes]);
  const retcodes = [...page.matchAll(/^\| `([0-9-]+)` \|/gm)].map(([, code]) => code);
  assert.deepEqual(retcodes, [...shippedTables().retcodes.keys()].toSorted());
});

test("every variable that the pages and the compose file name is one that exists", () => {
  const known = new Set<string>(settingNames.flatMap((name) => (isSecret(name) ? [name, `${name}_FILE`] : [name])));
  const ours =
    /\b(?:GATEWAY|JWT|SESSION|CONFERENCE|TOKEN|KEEP_ALIVE|CORS|RATE_LIMIT|SIGN_IN|METRICS|SHUTDOWN|TRUST)_[A-Z_]+\b/g;
  for (const path of [
    "docs/configuration.md",
    "docs/problems.md",
    "docs/operations.md",
    "docker-compose.yml",
    "Dockerfile",
  ]) {
    for (const [name] of read(path).matchAll(ours)) assert.ok(known.has(name), `${path} names ${name}`);
  }
});

test("a configuration without anything says what is needed", () => {
  assert.throws(
    () => loadConfig({}, surroundings()),
    (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(error.mistakes.map(({ name }) => name).toSorted(), ["GATEWAY_URL"]);
      return true;
    },
  );
});
