import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { type RedisServer, startRedis } from "../../scripts/fleet/redis.ts";
import { type Simulator, startSimulator } from "../../simulator/index.ts";
import { type EarlierTree, howToGet, treeOf } from "../support/earlier-tree.ts";
import { appSecret, appToken, ownSecret, serviceToken } from "../support/service.ts";
import { type ServiceProcess, startServiceProcess } from "../support/service-process.ts";
import { until } from "../support/until.ts";
import commits from "./stores/records/commits.json" with { type: "json" };
import { call, person } from "./stores/records/life.ts";

const folder = mkdtempSync(join(tmpdir(), "two-releases-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const environmentOf = (simulator: Simulator, store: string, more: Readonly<Record<string, string>> = {}) => ({
  GATEWAY_URL: simulator.url,
  SESSION_STORE_URL: store,
  SESSION_KEYS: Buffer.alloc(32, 7).toString("base64"),
  JWT_SECRET: appSecret,
  TOKEN_SECRET: ownSecret,
  ...more,
});

/** Of `GET /agents`: when each was polled last. */
async function polls(url: string): Promise<Map<string, number>> {
  const { body } = await call(url, "GET", "/agents", serviceToken());
  const agents = body.agents as { agentId: string; lastPollAt: string | null }[];
  return new Map(agents.map(({ agentId, lastPollAt }) => [agentId, Date.parse(lastPollAt ?? "") || 0]));
}

/**
 * A gateway that holds polls shortly: whoever ends waits for the polls under way, and so does who looks whether agents are
 * polled. Whoever takes over polls at once, and so soon after the last answer.
 */
const shortPolls = { pollHoldMs: 1_000, hastyPollMs: 0 } as const;

/** Without the commit this run shows nothing of it, and says so; what the release has left is read by earlier-records.test.ts. */
function codeOf(t: TestContext, commit: string): EarlierTree | null {
  const tree = treeOf(commit);
  if (tree === null) {
    t.diagnostic(`NOT SHOWN by this run: ${t.name}. ${howToGet(commit)}`);
    t.skip(howToGet(commit));
  } else t.after(() => tree.remove());
  return tree;
}

suite("From 0.1 and back: all instances stopped, then the others started", () => {
  for (const kind of ["redis", "sqlite"] as const) {
    test(`on ${kind} everybody is still in, and agents are polled on`, async (t) => {
      const tree = codeOf(t, commits["0.1"]);
      if (tree === null) return;
      const simulator = await startSimulator(shortPolls);
      t.after(() => simulator.close());
      const redis = kind === "redis" ? await startRedis() : null;
      t.after(() => redis?.close());
      const environment = environmentOf(simulator, redis?.url ?? `sqlite:${join(folder, "from-0.1.db")}`);
      const old = await startServiceProcess(environment, folder, tree.main);
      t.after(() => old.kill());
      const app = appToken({ sub: "user-1", sid: "device-1" });
      assert.equal((await call(old.url, "POST", "/session", app, person("1201"))).status, 201);
      const own = await call(old.url, "POST", "/session", null, person("1204"));
      assert.equal(own.status, 201);
      await old.stop();
      simulator.control.rotate();

      const service = await startServiceProcess(environment, folder);
      t.after(() => service.kill());
      const began = Date.now();
      for (const token of [app, own.body.token])
        assert.equal((await call(service.url, "GET", "/conferences", token)).status, 200);
      await until(async () => [...(await polls(service.url)).values()].every((at) => at > began), 30_000);
      assert.equal((await call(service.url, "DELETE", "/session", app)).status, 204);
      assert.equal((await call(service.url, "POST", "/session", app, person("1201"))).status, 201);
      assert.doesNotMatch(service.stdout(), /cannot be read|"level":"(error|fatal)"/);
      await service.stop();

      // And back, as docs/releasing.md says.
      simulator.control.rotate();
      const back = await startServiceProcess(environment, folder, tree.main);
      t.after(() => back.kill());
      for (const token of [app, own.body.token])
        assert.equal((await call(back.url, "GET", "/conferences", token)).status, 200);
      await back.stop();
      assert.equal(simulator.control.violations().total, 0, JSON.stringify(simulator.control.violations()));
    });
  }
});

suite("This code beside the commit that its kept records are of, on one Redis", () => {
  let simulator: Simulator;
  let redis: RedisServer;
  before(async () => {
    simulator = await startSimulator({ ...shortPolls, agents: 10 });
    redis = await startRedis();
  });
  after(async () => {
    await redis?.close();
    await simulator?.close();
  });

  test("each serves what the other signed in, through rotations, sign-outs and the end of either", async (t) => {
    const tree = codeOf(t, commits["0.2"]);
    if (tree === null) return;
    const environment = environmentOf(simulator, redis.url, { SIGN_IN_LIMIT_PER_MINUTE: "30" });
    const start = async (main?: string): Promise<ServiceProcess> => {
      const service = await startServiceProcess(environment, folder, main);
      t.after(() => service.kill());
      return service;
    };
    const [older, newer] = [await start(tree.main), await start()];
    const pairs = [older, newer, older, newer, older, newer].map((at, index) => ({
      at,
      other: at === older ? newer : older,
      agentId: String(20_001 + index),
      token: appToken({ sub: `user-${index}`, sid: `device-${index}` }),
    }));
    for (const { at, agentId, token } of pairs)
      assert.equal((await call(at.url, "POST", "/session", token, person(agentId))).status, 201);

    // Lists at both while Guids change under way: nobody notices whose instance polls.
    for (let round = 0; round < 10; round += 1) {
      simulator.control.rotate();
      const answers = await Promise.all(
        pairs.flatMap(({ token }) => [older, newer].map(({ url }) => call(url, "GET", "/conferences", token))),
      );
      assert.deepEqual([...new Set(answers.map(({ status, text }) => (status === 200 ? "200" : text)))], ["200"]);
      await wait(300);
    }

    // What one revokes is out at the other at once.
    const [gone, ...rest] = pairs;
    assert.ok(gone);
    assert.equal((await call(gone.other.url, "DELETE", "/session", gone.token)).status, 204);
    assert.equal((await call(gone.at.url, "GET", "/conferences", gone.token)).status, 401);

    // Wrong passwords are counted by both together.
    const wrong = { ...person("1203"), password: randomBytes(6).toString("hex") };
    const refused: number[] = [];
    for (let attempt = 0; attempt < 60 && !refused.includes(429); attempt += 1) {
      const { url } = attempt % 2 === 0 ? older : newer;
      refused.push((await call(url, "POST", "/session", null, wrong)).status);
    }
    assert.equal(refused.at(-1), 429);
    assert.ok(refused.length <= 31, `${refused.length}`);

    // A rolling update and back: whoever is left polls on.
    for (const [ends, main] of [
      [older, undefined],
      [newer, tree.main],
    ] as const) {
      await ends.stop();
      const began = Date.now();
      const next = await start(main);
      await until(async () => {
        const polled = await polls(next.url);
        return rest.every(({ agentId }) => (polled.get(agentId) ?? 0) > began);
      }, 60_000);
      for (const { token } of rest) assert.equal((await call(next.url, "GET", "/conferences", token)).status, 200);
      assert.doesNotMatch(ends.stdout() + next.stdout(), /cannot be read|"level":"(error|fatal)"/);
    }
    assert.equal(simulator.control.violations().total, 0, JSON.stringify(simulator.control.violations()));
  });
});
