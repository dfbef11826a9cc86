import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { startRedis } from "../../scripts/fleet/redis.ts";
import { startSimulator } from "../../simulator/index.ts";
import { inspector, startTestService } from "../support/service.ts";

const redis = await startRedis();
const simulator = await startSimulator({});
const environment = {
  SESSION_STORE_URL: redis.url,
  SESSION_KEYS: randomBytes(32).toString("base64"),
  SIGN_IN_LIMIT_PER_MINUTE: "3",
};
const one = await startTestService(simulator.url, { environment });
const other = await startTestService(simulator.url, { environment });
after(async () => {
  await Promise.all([one.close(), other.close()]);
  await simulator.close();
  await redis.close();
});

const signIn = (url: string, agentId: string) =>
  fetch(`${url}/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...inspector, agentId, password: "not the password" }),
  });

test("sign-ins of an agent are counted by all instances together", async () => {
  const statuses = [];
  for (const { url } of [one, other, one, other]) statuses.push((await signIn(url, "1202")).status);
  assert.deepEqual(statuses, [401, 401, 401, 429]);
});

test("a refused sign-in says when the next may come, and another agent's is not refused", async () => {
  const refused = await signIn(one.url, "1202");
  assert.equal(refused.status, 429);
  assert.match(refused.headers.get("retry-after") ?? "", /^[1-9][0-9]?$/);
  assert.ok(refused.headers.has("ratelimit"));
  assert.equal((await signIn(one.url, "1203")).status, 401);
});

test("counters that are away refuse a sign-in for now, and count again when they are back", async () => {
  await redis.kill();
  assert.equal((await signIn(one.url, "1204")).status, 503);
  await redis.restart();
  let status = 503;
  for (let attempt = 0; attempt < 50 && status === 503; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    status = (await signIn(one.url, "1204")).status;
  }
  assert.equal(status, 401);
});
