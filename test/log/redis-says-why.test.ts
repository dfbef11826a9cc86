import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, afterEach, suite, test } from "node:test";
import { startRedis } from "../../scripts/fleet/redis.ts";
import { documentedRights } from "../sessions/stores/documented-rights.ts";
import { ask } from "../sessions/stores/redis-places.ts";
import { startTestService, type TestService } from "../support/service.ts";
import { until } from "../support/until.ts";

const redis = await startRedis();
after(() => redis.close());

const open: TestService[] = [];
afterEach(async () => {
  for (const service of open.splice(0)) await service.close();
});

/** The whole service, of whom nobody asks anything, and its warnings. */
async function started(user = ""): Promise<() => { msg: string; cause?: string; store?: string }[]> {
  await ask(redis, "FLUSHALL");
  const environment = {
    SESSION_STORE_URL: redis.url.replace("//", `//${user}`),
    SESSION_KEYS: randomBytes(32).toString("base64"),
  };
  const service = await startTestService("http://127.0.0.1:9/agentgateway/resource", { environment });
  open.push(service);
  return () => service.logged.map((line) => JSON.parse(line)).filter(({ level }) => level === 40);
}

const mayDo = (...rights: string[]) =>
  ask(redis, "ACL", "SETUSER", "bff", "reset", ...documentedRights("bff"), ...rights);

suite("A Redis that refuses what the service needs is named in the log, though nobody asks for anything", () => {
  for (const [refused, again, cause] of [
    ["-client|tracking", "+client|tracking", "NOPERM.CLIENT.TRACKING"],
    ["-subscribe", "+subscribe", "NOPERM.SUBSCRIBE"],
    ["resetchannels", "&cbff:*", "NOPERM"],
    ["-eval", "+eval", "NOPERM.EVAL"],
  ] as const) {
    test(`${refused}, and told when it is over`, async () => {
      await mayDo(refused);
      const warnings = await started("bff:PASSWORD@");
      // That it takes no writes has a line of its own.
      const told = () => warnings().filter((line) => line.cause === cause && !line.msg.endsWith("takes no writes"));
      await until(() => told().length > 0, 5_000);
      assert.deepEqual(
        told().map(({ msg, store }) => [msg, store]),
        [["the session store does not do what it is asked", redis.url]],
      );
      await ask(redis, "ACL", "SETUSER", "bff", again);
      await until(() => warnings().some(({ msg }) => msg === "the session store works again"), 10_000);
    });
  }
});

suite("Settings of Redis that lose sessions are told at the start", () => {
  const doubts = (lines: { msg: string }[]) => lines.map(({ msg }) => msg).filter((msg) => msg.startsWith("Redis "));

  test("a policy that evicts, and none that keeps anything over its own restart", async () => {
    await ask(redis, "CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    const warnings = await started();
    await until(() => doubts(warnings()).length === 2, 5_000);
    assert.match(doubts(warnings()).join(), /maxmemory-policy allkeys-lru.*noeviction/);
    assert.match(doubts(warnings()).join(), /appendonly no.*save/);
  });

  test("a policy that evicts leases alone, and snapshots are enough to keep", async () => {
    await ask(redis, "CONFIG", "SET", "maxmemory-policy", "volatile-ttl", "save", "3600 1");
    const warnings = await started();
    await until(() => doubts(warnings()).length > 0, 5_000);
    assert.match(doubts(warnings()).join(), /^Redis[^,]* maxmemory-policy volatile-ttl/);
    assert.equal(doubts(warnings()).length, 1);
  });

  test("good ones say nothing, and nor does who may not ask for them", async () => {
    await ask(redis, "CONFIG", "SET", "maxmemory-policy", "noeviction", "save", "3600 1");
    const good = await started();
    await ask(redis, "CONFIG", "SET", "maxmemory-policy", "allkeys-lru", "save", "");
    await mayDo();
    const unasked = await started("bff:PASSWORD@");
    await new Promise((resolve) => setTimeout(resolve, 700));
    assert.deepEqual(
      [...good(), ...unasked()].filter(({ msg }) => !msg.includes("gateway")),
      [],
    );
  });
});
