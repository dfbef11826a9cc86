import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { makeCertificate } from "../../../simulator/certificate.ts";
import { startRedis, startRedisWithTls, startSentinel } from "../../support/redis.ts";
import { until } from "./contract.ts";
import { ask, openOnRedis } from "./redis-places.ts";
import { aSession, bound } from "./samples.ts";

test("sentinels tell where the master is, also after it has died and a replica has taken over", async (t) => {
  const master = await startRedis();
  const replica = await startRedis([`replicaof 127.0.0.1 ${master.port}`]);
  const sentinel = await startSentinel(master.port);
  const store = await openOnRedis(`redis://127.0.0.1:1,127.0.0.1:${sentinel.port}?sentinel=tests`);
  t.after(() => Promise.all([store.close(), master.close(), replica.close(), sentinel.close()]));
  const session = aSession();
  await bound(store, session);
  const replicated = async () => String(await ask(replica, "DBSIZE")) === String(await ask(master, "DBSIZE"));
  await until(async () => (await knowsReplica(sentinel.port)) && (await replicated()), 15_000);
  await wait(100);

  await master.kill();
  const survived = async () => {
    const found = await store.getSession(session).catch(() => null);
    return found !== null && (await store.touchSession(session, 5).catch(() => false));
  };
  await until(survived, 15_000);
  assert.match(String(await ask(replica, "ROLE")), /^master/);

  async function knowsReplica(port: number): Promise<boolean> {
    const server = { ...sentinel, url: `redis://127.0.0.1:${port}` };
    return JSON.stringify(await ask(server, "SENTINEL", "REPLICAS", "tests")).includes(String(replica.port));
  }
});

test("rediss: talks TLS, and only to a server whose certificate it trusts", async () => {
  const certificate = await makeCertificate(["localhost"]);
  const folder = mkdtempSync(join(tmpdir(), "redis-tls-"));
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  writeFileSync(certFile, certificate.cert);
  writeFileSync(keyFile, certificate.key);
  const redis = await startRedisWithTls(certFile, keyFile);

  const trusting = await openOnRedis(`rediss://localhost:${redis.port}?ca=${certificate.caFile}`);
  const session = aSession();
  await bound(trusting, session);
  assert.deepEqual(await trusting.getSession(session), session);
  await trusting.close();

  for (const url of [
    `rediss://localhost:${redis.port}`,
    `rediss://127.0.0.1:${redis.port}?ca=${certificate.caFile}`,
    `redis://localhost:${redis.port}`,
  ]) {
    const store = await openOnRedis(url);
    await assert.rejects(store.pingRead(), { code: "session-store-unavailable" }, url);
    await store.close();
  }
  await redis.close();
  await certificate.remove();
  rmSync(folder, { recursive: true });
});
