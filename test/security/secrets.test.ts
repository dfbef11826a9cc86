import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { MarkedSecrets } from "../support/marked-secrets.ts";
import { type ScriptedGateway, startScriptedGateway } from "../support/scripted-gateway.ts";
import { appSecret, appToken, ownSecret } from "../support/service.ts";
import { NotStarted, type ServiceProcess, startServiceProcess } from "../support/service-process.ts";
import { type Answer, bearer, driveEveryPath, markAll, marks, send, signInBody } from "./every-path.ts";

test("a marked secret is found in whatever form it was written", () => {
  const secrets = new MarkedSecrets();
  const secret = 'mArKeD0123456789"é';
  secrets.add("secret", "mArKeD0123456789");
  const forms = [secret, JSON.stringify(JSON.stringify({ secret })), encodeURIComponent(secret)];
  for (let before = 0; before < 3; before++) {
    const longer = Buffer.from(`${"x".repeat(before)}${secret}and more`);
    forms.push(longer.toString("base64"), longer.toString("base64url"), longer.toString("hex"), longer.toString());
  }
  for (const form of forms) assert.deepEqual(secrets.foundIn(`before ${form} after`), ["secret"], form);
  assert.deepEqual(secrets.foundIn("mArKeD012345678 9"), []);
  assert.deepEqual(secrets.foundIn(secret, ["secret"]), []);
});

describe("no Guid, gateway cookie, password, token or key is in", () => {
  const directory = mkdtempSync(join(tmpdir(), "conferences-bff-secrets-"));
  const secrets = new MarkedSecrets();
  const answers: Answer[] = [];
  const printed: string[] = [];
  const stored: [name: string, content: Buffer][] = [];
  let gateway: ScriptedGateway;
  let service: ServiceProcess | undefined;

  const sealingKey = randomBytes(32);
  const environment = {
    JWT_SECRET: appSecret,
    TOKEN_SECRET: ownSecret,
    SESSION_KEYS: sealingKey.toString("base64"),
    SESSION_STORE_URL: "sqlite:sessions.db",
    LOG_LEVEL: "trace",
    SIGN_IN_LIMIT_PER_MINUTE: "1000",
    RATE_LIMIT_PER_MINUTE: "100000",
    GATEWAY_TIMEOUT_MS: "1000",
    SHUTDOWN_GRACE_MS: "1500",
  };
  const start = (): Promise<ServiceProcess> =>
    startServiceProcess({ GATEWAY_URL: gateway.url, ...environment }, directory);
  const readStore = (): void => {
    for (const name of readdirSync(directory)) stored.push([name, readFileSync(join(directory, name))]);
  };

  before(async () => {
    markAll(secrets);
    secrets.add("JWT_SECRET", appSecret);
    secrets.add("TOKEN_SECRET", ownSecret);
    secrets.add("SESSION_KEYS", sealingKey);
    const cookies = [`JSESSIONID=${marks.gatewayCookie}; Path=/; HttpOnly`];
    gateway = await startScriptedGateway({ guid: marks.guid, cookies });
    const app = bearer(appToken({ sub: "user-1", sid: "device-1" }));
    const other = bearer(appToken({ sub: "user-9", sid: "device-9" }));

    service = await start();
    await driveEveryPath({ url: service.url, gateway, secrets, answers });
    await send({ url: service.url, answers }, "POST", "/session", app, signInBody({ force: true }));
    await send({ url: service.url, answers }, "POST", "/session", other, signInBody({ agentId: "1209" }));
    // Read by its name, while the file is locked: its owner's lock would be lost if this were the same process.
    readStore();
    await service.kill();
    printed.push(service.stdout(), service.stderr());
    readStore();

    const database = new DatabaseSync(join(directory, "sessions.db"));
    database.exec("UPDATE sessions SET sealed = substr(sealed, 1, 60) WHERE agent_id = '1201'");
    database.exec("UPDATE agents SET sealed = 'A' || substr(sealed, 2) WHERE agent_id = '1209'");
    database.close();
    service = await start();
    for (const headers of [app, other]) {
      for (const path of ["/session", "/conferences"]) await send({ url: service.url, answers }, "GET", path, headers);
    }
    // From now on the disk has nothing sensible to read.
    truncateSync(join(directory, "sessions.db"), 512);
    writeFileSync(join(directory, "sessions.db-wal"), marks.guid);
    for (const headers of [app, other, bearer(appToken())]) {
      await send({ url: service.url, answers }, "GET", "/session", headers);
      await send({ url: service.url, answers }, "POST", "/session", headers, signInBody());
      await send({ url: service.url, answers }, "DELETE", "/session", headers);
    }
    await service.stop();
    printed.push(service.stdout(), service.stderr());

    const failed = await start().then(
      () => assert.fail("a spoilt file was accepted"),
      (error: unknown) => error,
    );
    assert.ok(failed instanceof NotStarted, String(failed));
    printed.push(failed.output);
    for (const wrong of [
      { ...environment, TOKEN_SECRET: appSecret, SESSION_KEYS: `${environment.SESSION_KEYS}A` },
      { ...environment, PORT: ownSecret, GATEWAY_URL: `http://u:${marks.guid}@127.0.0.1/`, JWT_ALGORITHMS: appSecret },
      { ...environment, SESSION_STORE_URL: `redis://u:${marks.boundGuid}@`, CORS_ORIGINS: ownSecret },
      { ...environment, SESSION_STORE_URL: "sqlite:sessions.db/sessions.db" },
    ]) {
      const error = await startServiceProcess({ GATEWAY_URL: gateway.url, ...wrong }, directory).then(
        () => assert.fail("a wrong configuration was accepted"),
        (refused: unknown) => refused,
      );
      assert.ok(error instanceof NotStarted, String(error));
      printed.push(error.output);
    }
  });
  after(async () => {
    await service?.kill();
    await gateway.close();
    rmSync(directory, { recursive: true });
  });

  test("anything that the process prints, at LOG_LEVEL=trace too", () => {
    const lines = printed.join("\n").split("\n");
    assert.ok(lines.length > 200, `${lines.length} lines`);
    for (const line of lines) assert.deepEqual(secrets.foundIn(line), [], line);
  });

  test("any answer, save the token in the answer that hands it over", () => {
    const statuses = new Set(answers.map(({ status }) => status));
    for (const status of [200, 201, 204, 400, 401, 403, 404, 405, 409, 413, 415, 502, 503, 504]) {
      assert.ok(statuses.has(status), `no answer had ${status}`);
    }
    assert.ok(!statuses.has(500), JSON.stringify(answers.find(({ status }) => status === 500)));
    for (const { what, text, delivers } of answers) {
      assert.deepEqual(secrets.foundIn(text, delivers), [], `${what}\n${text.slice(0, 2_000)}`);
    }
  });

  test("what is delivered once and only there", () => {
    const delivering = answers.filter(({ delivers }) => delivers.length > 0);
    assert.deepEqual(
      delivering.map(({ text }) => secrets.foundIn(text)),
      [["own token"], ["cookie"]],
    );
  });

  test("the store's files, though the gateway gets it", () => {
    const names = stored.map(([name]) => name);
    for (const name of ["sessions.db", "sessions.db-wal"]) assert.ok(names.includes(name), names.join());
    for (const [name, content] of stored) assert.deepEqual(secrets.foundIn(content), [], name);
    const sent = JSON.stringify(gateway.requests);
    const known = ["guid", "rotatedGuid", "boundGuid", "gatewayCookie", "boundCookie", "password"];
    assert.deepEqual(secrets.foundIn(sent).sort(), known.sort());
  });
});
