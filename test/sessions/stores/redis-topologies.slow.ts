import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { startRedis } from "../../../scripts/fleet/redis.ts";
import { makeCertificate } from "../../../simulator/certificate.ts";
import { type Certified, makeCertificates } from "../../support/certificates.ts";
import { startRedisWithTls, startSentinel } from "../../support/redis-kinds.ts";
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

test("a Redis that asks for a certificate is shown ours, and says nothing to whoever has none that it trusts", async (t) => {
  const { root, intermediate, server, client, selfSigned } = await makeCertificates();
  const folder = mkdtempSync(join(tmpdir(), "redis-tls-"));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const chain = file("server.pem", server.cert + intermediate.cert);
  const ca = file("root.pem", root.cert);
  const redis = await startRedisWithTls(chain, file("server.key", server.key), ca);
  t.after(async () => {
    await redis.close();
    rmSync(folder, { recursive: true });
  });
  const shown = (one: Certified, name: string): string =>
    `&cert=${file(`${name}.pem`, one.cert)}&key=${file(`${name}.key`, one.key)}`;

  // What waits for a server that says nothing keeps no process up.
  const up = setInterval(() => undefined, 1_000);
  t.after(() => clearInterval(up));
  const session = aSession();
  for (const trusted of [ca, file("intermediate.pem", intermediate.cert + root.cert)]) {
    const store = await openOnRedis(`${redis.url}?ca=${trusted}${shown(client, "client")}`);
    await bound(store, session);
    assert.deepEqual(await store.getSession(session), session);
    await store.close();
  }
  for (const [query, cause] of [
    [`ca=${ca}`, /^(?:ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED|ECONNRESET|EPIPE|SOCKET_CLOSED_UNEXPECTEDLY)$/],
    [
      `ca=${ca}${shown(selfSigned, "other")}`,
      /^(?:ERR_SSL_TLSV1_ALERT_UNKNOWN_CA|ECONNRESET|EPIPE|SOCKET_CLOSED_UNEXPECTEDLY)$/,
    ],
    [shown(client, "client"), /^(?:SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT_LOCALLY)$/],
  ] as const) {
    const store = await openOnRedis(`${redis.url}?${query.replace(/^&/, "")}`);
    const refused = (error: { code: string; cause: { code: string } }): true => {
      assert.equal(error.code, "session-store-unavailable");
      assert.match(error.cause.code, cause);
      return true;
    };
    await assert.rejects(store.pingRead(), refused, query);
    await store.close();
  }
});
