import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { startRedis } from "../../support/redis.ts";
import { storeContract } from "./contract.ts";
import { ask, openOnRedis, passOn } from "./redis-places.ts";

const redis = await startRedis();
after(() => redis.close());
const documented = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");
const [, rights = ""] = /`ACL SETUSER bff (on [^`]*)`/.exec(documented) ?? [];
await ask(redis, "ACL", "SETUSER", "bff", ...rights.split(/\s+/));

storeContract(
  "Redis for a user with no more than the rights that are documented",
  (options) => openOnRedis(redis.url.replace("//", "//bff:PASSWORD@"), options),
  (ms) => passOn([redis], ms),
);

test("who has no right to anything else", async () => {
  const store = await openOnRedis(redis.url.replace("//", "//bff:PASSWORD@"));
  await assert.rejects(store.sendCommand?.("other:key", ["GET", "other:key"]) ?? Promise.resolve());
  await assert.rejects(store.sendCommand?.("cbff:x", ["FLUSHALL"]) ?? Promise.resolve());
  await store.close();
});
