import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, beforeEach, describe, test } from "node:test";
import { startRedis } from "../../../scripts/fleet/redis.ts";
import { sessionName } from "../../../src/sessions/stores/records.ts";
import { until } from "./contract.ts";
import { ask, openOnRedis } from "./redis-places.ts";
import { anAgent, aSession, bound } from "./samples.ts";

const redis = await startRedis();
after(() => redis.close());

const [ours, theirs] = [[randomBytes(32)], [randomBytes(32)]];
const refused = {
  name: "StoreRefused",
  message: /other SESSION_KEYS have sealed.*docs\/operations\.md.*SESSION_STORE_PREFIX/,
};
const canary = "cbff:canary";

describe("an instance with other SESSION_KEYS than those of the Redis", () => {
  beforeEach(() => ask(redis, "FLUSHALL"));

  test("does not start, says why, and leaves everything as it is", async () => {
    const first = await openOnRedis(redis.url, { keys: ours });
    const session = aSession();
    await bound(first, session);
    await first.createAgent(anAgent({ agentId: session.agentId }));
    const before = await everything();
    await assert.rejects(openOnRedis(redis.url, { keys: theirs }), refused);
    assert.deepEqual(await everything(), before);
    assert.deepEqual(await first.getSession(session), session, "the first one goes on");
    await first.close();
  });

  test("does not start either where nobody has signed in yet", async () => {
    await (await openOnRedis(redis.url, { keys: ours })).close();
    await assert.rejects(openOnRedis(redis.url, { keys: theirs }), refused);
  });

  test("starts beside it under a prefix or in a database of its own", async () => {
    const first = await openOnRedis(redis.url, { keys: ours });
    await (await openOnRedis(redis.url, { keys: theirs, prefix: "theirs" })).close();
    await (await openOnRedis(`${redis.url}/1`, { keys: theirs })).close();
    await first.close();
  });

  test("writes nothing when Redis comes back only after its start", async () => {
    const first = await openOnRedis(redis.url, { keys: ours });
    await bound(first, aSession());
    await first.close();
    await ask(redis, "CONFIG", "SET", "appendonly", "yes");
    await until(async () => String(await ask(redis, "INFO", "persistence")).includes("aof_rewrite_in_progress:0"));
    await ask(redis, "CONFIG", "REWRITE");
    const before = await everything();
    await redis.kill();
    const late = await openOnRedis(redis.url, { keys: theirs });
    await redis.restart();
    const tries = async () => {
      const error = await bound(late, aSession()).catch((reason: unknown) => reason);
      assert.ok(error instanceof Error && error.cause instanceof Error && "code" in error.cause, String(error));
      return error.cause.code === "SESSION_KEYS";
    };
    await until(tries, 5_000);
    await assert.rejects(late.getSession(aSession()), { code: "session-store-unavailable" });
    await assert.rejects(late.pingRead(), { code: "session-store-unavailable" });
    assert.deepEqual(await everything(), before);
    await late.close();
    await ask(redis, "CONFIG", "SET", "appendonly", "no");
    await ask(redis, "CONFIG", "REWRITE");
  });

  test("is one of two when both begin on an empty Redis at the same moment", async () => {
    for (let round = 0; round < 5; round++) {
      await ask(redis, "FLUSHALL");
      const begun = await Promise.allSettled([
        openOnRedis(redis.url, { keys: ours }),
        openOnRedis(redis.url, { keys: theirs }),
      ]);
      assert.equal(begun.filter(({ status }) => status === "fulfilled").length, 1);
      for (const one of begun) if (one.status === "fulfilled") await one.value.close();
    }
  });
});

describe("where the canary is gone or spoilt", () => {
  beforeEach(() => ask(redis, "FLUSHALL"));
  const spoil: Record<string, () => Promise<unknown>> = {
    gone: () => ask(redis, "DEL", canary),
    "no canary": () => ask(redis, "SET", canary, "something else"),
    "of another type": async () => {
      await ask(redis, "DEL", canary);
      await ask(redis, "RPUSH", canary, "x");
    },
  };

  for (const [how, doIt] of Object.entries(spoil)) {
    for (const kind of ["session", "agent"] as const) {
      test(`(${how}) beside records (${kind}), whoever opens one of them starts, nobody else, and it is there again`, async () => {
        const first = await openOnRedis(redis.url, { keys: ours });
        if (kind === "session") await bound(first, aSession());
        else await first.createAgent(anAgent());
        await first.close();
        await doIt();
        await assert.rejects(openOnRedis(redis.url, { keys: theirs }), refused);
        await (await openOnRedis(redis.url, { keys: ours })).close();
        await ask(redis, "DEL", ...((await ask(redis, "KEYS", `cbff:${kind}:*`)) as string[]));
        await assert.rejects(openOnRedis(redis.url, { keys: theirs }), refused, "the canary alone tells");
      });
    }
  }

  test("beside records that are damaged or of another type, it is no reason to stay out", async () => {
    const first = await openOnRedis(redis.url, { keys: ours });
    const session = aSession();
    await bound(first, session);
    await first.close();
    await ask(redis, "HSET", `cbff:session:${sessionName(session)}`, "sealed", "damaged");
    await ask(redis, "SET", "cbff:agent:{1201}", "something else");
    await ask(redis, "DEL", canary);
    await (await openOnRedis(redis.url, { keys: ours })).close();
  });

  test("among many keys of others it is found whose it is", async () => {
    const first = await openOnRedis(redis.url, { keys: ours });
    await bound(first, aSession());
    await first.close();
    const populate = "for number = 1, 20000 do redis.call('SET', KEYS[1] .. number, '') end";
    for (const begin of ["cbffer:", "cbff:limit:"]) await ask(redis, "EVAL", populate, "1", begin);
    await ask(redis, "DEL", canary);
    await assert.rejects(openOnRedis(redis.url, { keys: theirs }), refused);
    await (await openOnRedis(redis.url, { keys: ours })).close();
  });
});

test("a key is changed by the list: whoever has one that opens starts, and the newest opens from then on", async () => {
  await ask(redis, "FLUSHALL");
  const [old = randomBytes(32), fresh] = [ours[0], randomBytes(32)];
  const lists = [[old], [old, fresh], [fresh, old], [fresh]];
  for (const keys of lists) await (await openOnRedis(redis.url, { keys })).close();
  await assert.rejects(openOnRedis(redis.url, { keys: [old] }), refused);
});

/** All that is there; hashes in the order of their fields, since Redis itself keeps none. */
async function everything(): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const key of ((await ask(redis, "KEYS", "*")) as string[]).sort()) {
    const isHash = (await ask(redis, "TYPE", key)) === "hash";
    found[key] = await (isHash ? ask(redis, "HGETALL", key) : ask(redis, "DUMP", key));
  }
  return found;
}
