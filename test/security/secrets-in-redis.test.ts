import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startRedis } from "../../scripts/fleet/redis.ts";
import { MarkedSecrets } from "../support/marked-secrets.ts";
import { openRawConnection } from "../support/raw-connection.ts";
import { startScriptedGateway } from "../support/scripted-gateway.ts";
import { appSecret, appToken, ownSecret } from "../support/service.ts";
import { startServiceProcess } from "../support/service-process.ts";
import { type Answer, bearer, driveEveryPath, markAll, marks, send, signInBody } from "./every-path.ts";

const redisPassword = "mArKrEdIs0123456789abcdef";

test("no secret goes to Redis unsealed, and a Redis that is away tells none", { timeout: 120_000 }, async (t) => {
  const secrets = new MarkedSecrets();
  markAll(secrets);
  secrets.add("JWT_SECRET", appSecret);
  secrets.add("TOKEN_SECRET", ownSecret);
  const sealingKey = randomBytes(32);
  secrets.add("SESSION_KEYS", sealingKey);
  const directory = mkdtempSync(join(tmpdir(), "conferences-bff-secrets-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const redis = await startRedis([`requirepass ${redisPassword}`]);
  t.after(() => redis.close());
  const gateway = await startScriptedGateway({
    guid: marks.guid,
    cookies: [`JSESSIONID=${marks.gatewayCookie}; Path=/`],
  });
  t.after(() => gateway.close());
  const service = await startServiceProcess(
    {
      GATEWAY_URL: gateway.url,
      JWT_SECRET: appSecret,
      TOKEN_SECRET: ownSecret,
      SESSION_KEYS: sealingKey.toString("base64"),
      SESSION_STORE_URL: redis.url.replace("//", `//:${redisPassword}@`),
      LOG_LEVEL: "trace",
      SIGN_IN_LIMIT_PER_MINUTE: "1000",
      RATE_LIMIT_PER_MINUTE: "100000",
      GATEWAY_TIMEOUT_MS: "1000",
      SHUTDOWN_GRACE_MS: "3000",
    },
    directory,
  );
  t.after(() => service.kill());
  const answers: Answer[] = [];
  const drive = { url: service.url, gateway, secrets, answers };

  // Redis says back each command that any client sends, scripts and messages included.
  const monitor = await openRawConnection(redis.url.replace("redis:", "http:"));
  t.after(() => monitor.close());
  monitor.send(`AUTH ${redisPassword}\r\nMONITOR\r\n`);
  await driveEveryPath(drive);
  const app = bearer(appToken({ sub: "user-1", sid: "device-1" }));
  assert.equal((await send(drive, "POST", "/session", app, signInBody({ force: true }))).status, 201);
  const commands = monitor.received();
  assert.ok(commands.split("\r\n").length > 500, commands.slice(0, 500));
  for (const line of commands.split("\r\n")) assert.deepEqual(secrets.foundIn(line), [], line.slice(0, 2_000));

  secrets.add("the password of Redis", redisPassword);
  const goThrough = async (): Promise<number[]> => {
    const statuses: number[] = [];
    for (const [method, path, body] of [
      ["GET", "/session"],
      ["GET", "/conferences"],
      ["POST", "/session", signInBody()],
      ["DELETE", "/session"],
      ["GET", "/readyz"],
    ] as const) {
      statuses.push((await send(drive, method, path, app, body)).status);
    }
    return statuses;
  };
  redis.pause();
  assert.ok((await goThrough()).includes(503));
  redis.resume();
  await redis.kill();
  assert.ok((await goThrough()).includes(503));
  await service.stop();
  const printed = `${service.stdout()}\n${service.stderr()}`;
  for (const line of printed.split("\n")) assert.deepEqual(secrets.foundIn(line), [], line);
  for (const { what, text, delivers, status } of answers) {
    assert.notEqual(status, 500, what);
    assert.deepEqual(secrets.foundIn(text, delivers), [], `${what}\n${text}`);
  }
});
