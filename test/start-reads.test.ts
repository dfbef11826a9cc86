import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { compileCache } from "./support/compile-cache.ts";

/**
 * Tells, once the service listens, which files it has read and which parts of Node, and whether V8's flags are those that it
 * began with; and ends it.
 */
const WATCH = `
const read = new Set();
const { cachedDataVersionTag } = require("node:v8");
const flags = cachedDataVersionTag();
require("node:module").registerHooks({ load: (url, context, next) => (read.add(url), next(url, context)) });
const { Server } = process.getBuiltinModule("node:http");
Server.prototype.emit = function (name, ...rest) {
  if (name === "listening") {
    process.stdout.write("\\nread " + JSON.stringify([...read, ...process.moduleLoadList]) + "\\n");
    process.stdout.write("flags " + (cachedDataVersionTag() === flags ? "kept" : "changed") + "\\n");
    process.exit(0);
  }
  return Object.getPrototypeOf(Server.prototype).emit.call(this, name, ...rest);
};`;

test("a service listens before it has read what only later requests, or other configurations, need", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "conferences-bff-start-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const watch = join(directory, "watch.cjs");
  writeFileSync(watch, WATCH);
  const output = execFileSync(process.execPath, ["--require", watch, join(import.meta.dirname, "../src/main.ts")], {
    cwd: directory,
    encoding: "utf8",
    timeout: 60_000,
    env: {
      PATH: process.env.PATH,
      ...compileCache(),
      HOST: "127.0.0.1",
      PORT: "0",
      GATEWAY_URL: "http://127.0.0.1:9/agentgateway/resource",
      TOKEN_SECRET: "x".repeat(32),
    },
  });
  const read = JSON.parse(/^read (.*)$/m.exec(output)?.[1] ?? "[]") as string[];
  const has = (part: string): boolean => read.some((name) => name.includes(part));
  assert.ok(has("/src/app.ts") && has("/node_modules/express/") && has("NativeModule http"));
  const needless = [
    "/node_modules/undici/",
    "/node_modules/got/",
    "/node_modules/jsonwebtoken/",
    "/node_modules/semver/",
    "/node_modules/jose/",
    "/node_modules/@redis/",
    "/node_modules/rate-limit-redis/",
    "/src/http/openapi/page.ts",
    "/src/http/openapi.ts",
    "/src/tracing/request-spans.ts",
    "/src/sessions/stores/redis/store.ts",
    "NativeModule internal/deps/undici/undici",
  ];
  assert.deepEqual(needless.filter(has), []);
  // With others Node would compile its own modules anew.
  assert.match(output, /^flags kept$/m);
});
