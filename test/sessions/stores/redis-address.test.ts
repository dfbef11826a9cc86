import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseRedisAddress, shownAddress } from "../../../src/sessions/stores/redis/address.ts";

const plain = {
  kind: "single",
  master: "",
  credentials: {},
  sentinelCredentials: {},
  database: 0,
  tls: null,
};

describe("SESSION_STORE_URL", () => {
  test("names one server", () => {
    assert.deepEqual(parseRedisAddress("redis://redis"), { ...plain, nodes: [{ host: "redis", port: 6379 }] });
    assert.deepEqual(parseRedisAddress("rediss://user:p%40ss%2Fw@[::1]:6380/3"), {
      ...plain,
      nodes: [{ host: "::1", port: 6380 }],
      credentials: { username: "user", password: "p@ss/w" },
      database: 3,
      tls: {},
    });
    assert.deepEqual(parseRedisAddress("redis://:secret@redis/").credentials, { password: "secret" });
  });

  test("names sentinels and the master that they watch", () => {
    assert.deepEqual(parseRedisAddress("redis://:s@a,b:26380/2?sentinel=mymaster&sentinelPassword=t%26"), {
      ...plain,
      kind: "sentinel",
      nodes: [
        { host: "a", port: 26379 },
        { host: "b", port: 26380 },
      ],
      master: "mymaster",
      credentials: { password: "s" },
      sentinelCredentials: { password: "t&" },
      database: 2,
    });
  });

  test("names nodes of a cluster", () => {
    assert.deepEqual(parseRedisAddress("redis://a:7000,b:7001?cluster"), {
      ...plain,
      kind: "cluster",
      nodes: [
        { host: "a", port: 7000 },
        { host: "b", port: 7001 },
      ],
    });
  });

  test("is refused when it makes no sense, without a word of it in the message", () => {
    for (const wrong of [
      "redis://",
      "http://marked",
      "redis://marked:99999",
      "redis://marked:0",
      "redis://marked,other",
      "redis://marked:abc",
      "redis://user:%zz@marked",
      "redis://marked/database",
      "redis://marked?sentinel=",
      "redis://marked?sentinel=a&cluster",
      "redis://marked/1?cluster",
      "redis://marked?timeout=5",
      "redis://[marked",
    ]) {
      assert.throws(
        () => parseRedisAddress(wrong),
        (error) => error instanceof Error && error.name === "StoreRefused" && !error.message.includes("marked"),
        wrong,
      );
    }
    assert.throws(() => parseRedisAddress("rediss://redis?ca=/no/such.pem"), /CA file \/no\/such\.pem/);
    const file = fileURLToPath(import.meta.url);
    const shown = parseRedisAddress(`rediss://redis?cert=${file}&key=${file}`).tls;
    assert.deepEqual(Object.keys(shown ?? {}), ["cert", "key"]);
    assert.match(shown?.cert ?? "", /parseRedisAddress/);
    assert.throws(() => parseRedisAddress(`rediss://redis?cert=${file}`), /needs cert and key together/);
    assert.throws(() => parseRedisAddress(`rediss://redis?cert=${file}&key=/no/key.pem`), /key file \/no\/key\.pem/);
  });
});

test("the log calls it without user, password and files", () => {
  const shown = {
    "redis://cache.example:6379": "redis://cache.example:6379",
    "redis://:secret@cache.example/3": "redis://cache.example/3",
    "redis://cache.example:6379/": "redis://cache.example:6379/",
    "rediss://user:secret@[::1]:6380?ca=/etc/ca.pem&cert=c&key=k": "rediss://[::1]:6380",
    "redis://user:secret@a:1,b:2?cluster": "redis://a:1,b:2?cluster",
    "redis://u:p@a:1,b:2/4?sentinel=main&sentinelUser=u&sentinelPassword=p": "redis://a:1,b:2/4?sentinel=main",
    "redis://us@er:secret@cache.example:6379": "redis:",
  };
  for (const [url, text] of Object.entries(shown)) assert.equal(shownAddress(url), text);
});
