import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { startRedis } from "../../scripts/fleet/redis.ts";
import { startSimulator } from "../../simulator/index.ts";
import { appSecret, appToken } from "../support/service.ts";
import { type ServiceProcess, startServiceProcess } from "../support/service-process.ts";
import { until } from "../support/until.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "newer-release-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** This code, but of a release to come, whose records have another version. */
function nextRelease(): string {
  for (const part of ["src", "config", "client", "package.json"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(realpathSync(join(root, "node_modules")), join(folder, "node_modules"));
  const file = join(folder, "src/sessions/stores/records.ts");
  const next = readFileSync(file, "utf8").replace("const RECORD_VERSION = 1;", "const RECORD_VERSION = 2;");
  assert.match(next, /const RECORD_VERSION = 2;/);
  writeFileSync(file, next);
  return join(folder, "src/main.ts");
}

test("beside a release whose records it may misread an instance says so, spoils nothing and serves whom it can", async (t) => {
  const simulator = await startSimulator();
  t.after(() => simulator.close());
  const redis = await startRedis();
  t.after(() => redis.close());
  const environment = {
    GATEWAY_URL: simulator.url,
    SESSION_STORE_URL: redis.url,
    SESSION_KEYS: Buffer.alloc(32, 7).toString("base64"),
    JWT_SECRET: appSecret,
    SHUTDOWN_GRACE_MS: "2000",
  };
  const start = async (main?: string): Promise<ServiceProcess> => {
    const service = await startServiceProcess(environment, folder, main);
    t.after(() => service.kill());
    return service;
  };
  const [older, newer] = await Promise.all([start(), start(nextRelease())]);
  const ask = async ({ url }: ServiceProcess, token: string, path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const answer = await fetch(url + path, { ...init, headers });
    const text = await answer.text();
    return { status: answer.status, code: answer.ok ? null : JSON.parse(text).code, answer };
  };
  const signIn = (service: ServiceProcess, token: string, agentId: string) =>
    ask(service, token, "/session", {
      method: "POST",
      body: JSON.stringify({ agentId, password: `secret-${agentId}`, phoneNumber: "40038" }),
    });
  const [ours, theirs] = [appToken({ sub: "user-1", sid: "a" }), appToken({ sub: "user-2", sid: "b" })];
  assert.equal((await signIn(older, ours, "1201")).status, 201);
  assert.equal((await signIn(newer, theirs, "1204")).status, 201);

  // The newer one reads both, the older one its own, and says of the other what is the matter.
  assert.equal((await ask(newer, ours, "/session")).status, 200);
  assert.equal((await ask(newer, theirs, "/conferences")).status, 200);
  for (const [path, init] of [["/conferences"], ["/session"], ["/session", { method: "DELETE" }]] as const) {
    const { status, code, answer } = await ask(older, theirs, path, init);
    assert.deepEqual([status, code], [503, "session-store-unavailable"], path);
    assert.ok(Number(answer.headers.get("retry-after")) > 0);
  }
  assert.deepEqual((await signIn(older, appToken({ sub: "user-2", sid: "c" }), "1204")).status, 503);
  const lines = () => older.stdout().split("\n");
  await until(
    () =>
      lines().some((line) => line.includes('"why":"newer"')) && lines().some((line) => line.includes("RECORD_NEWER")),
    5_000,
    () => older.stdout(),
  );
  assert.doesNotMatch(older.stdout(), /"level":"fatal"|unexpected error/);

  // Nothing of it was touched: who ends is the older one, and the newer one goes on for both.
  await older.stop();
  assert.equal((await ask(newer, theirs, "/conferences")).status, 200);
  assert.equal((await ask(newer, ours, "/conferences")).status, 200);
  assert.deepEqual(simulator.control.violations().total, 0);
});
