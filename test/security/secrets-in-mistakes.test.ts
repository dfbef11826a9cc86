import assert from "node:assert/strict";
import { test } from "node:test";
import { createApp } from "../../src/app.ts";
import { loadConfig } from "../../src/config/index.ts";
import type { ConferenceControl, Gateway } from "../../src/gateway/index.ts";
import { Metrics } from "../../src/http/metrics.ts";
import { closeServer, createHttpServer, listen } from "../../src/http/server.ts";
import { Log } from "../../src/log.ts";
import { openStore, type SessionStore, Sessions } from "../../src/sessions/index.ts";
import { systemChance, systemClock } from "../../src/system-clock.ts";
import { createTokenIssuer, createTokenVerifier } from "../../src/tokens/index.ts";
import { MarkedSecrets } from "../support/marked-secrets.ts";
import { appSecret, appToken, ownSecret } from "../support/service.ts";
import { type Answer, bearer, markAll, marks, send, signInBody } from "./every-path.ts";

/** An error as a careless library makes it: everything that it was given in its message, its name and its fields. */
function talkative(): Error {
  const request = { headers: { Guid: marks.guid, Cookie: marks.gatewayCookie }, body: marks.password };
  const error = new TypeError(`failed with ${marks.password}\n    at ${marks.guid}`, { cause: new Error(marks.guid) });
  return Object.assign(error, { request, response: { text: marks.boundGuid }, stderr: marks.boundCookie });
}

/** Whatever is called fails, as long as `isBroken` says so. */
const failing = <T extends object>(what: T, isBroken: () => boolean, except: readonly string[] = []): T =>
  new Proxy(what, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return isBroken() && !except.includes(String(name)) ? () => Promise.reject(talkative()) : value.bind(target);
    },
  });

test("a mistake of ours is answered 500 in fixed words, and its line in the log quotes nothing", async (t) => {
  const secrets = new MarkedSecrets();
  markAll(secrets);
  const logged: string[] = [];
  const log = new Log("trace", { write: (line: string) => void logged.push(line) });
  const config = loadConfig({
    GATEWAY_URL: "http://127.0.0.1:1/",
    JWT_SECRET: appSecret,
    TOKEN_SECRET: ownSecret,
    SESSION_STORE_URL: "memory:",
  });
  const now = Date.now;
  let broken = false;
  const store: SessionStore = await openStore(config.store, {
    clock: systemClock,
    chance: systemChance,
    eventsKept: 10,
    onCorrupt: () => undefined,
  });
  const keepers = ["close", "agentIds", "announceInstance", "unheld"];
  const gateway = failing(
    {
      signIn() {},
      signOut() {},
      pollEvent() {},
      conferenceIds() {},
      isInspector() {},
      agentStatus: async () => ({ state: "busy" }),
    },
    () => true,
    ["agentStatus"],
  );
  const deps = { config, log };
  const sessions = new Sessions({
    ...deps,
    gateway: gateway as unknown as Gateway,
    store: failing(store, () => broken, keepers),
    config: config.sessions,
    gatewayTimeoutMs: 1_000,
    clock: systemClock,
    chance: systemChance,
  });
  const app = createApp({
    ...deps,
    sessions,
    control: gateway as unknown as ConferenceControl,
    verifier: createTokenVerifier(config.tokens, { now }),
    issuer: createTokenIssuer(ownSecret, { now }),
    metrics: new Metrics(),
  });
  const server = createHttpServer(app.express, log);
  const url = await listen(server, "127.0.0.1", 0);
  t.after(async () => {
    app.endStreams();
    await closeServer(server, 0);
    await sessions.close(100);
    await store.close();
  });

  const answers: Answer[] = [];
  const drive = { url, answers };
  const user = bearer(appToken({ sub: "user-1", sid: "device-1" }));
  const backend = bearer(appToken({ sub: "portal", scope: "sessions:write" }));
  const binding = { agentId: "1202", guid: marks.boundGuid, subject: "user-1", keepAlive: "external" };
  assert.equal((await send(drive, "PUT", "/sessions/device-1", backend, binding)).status, 201);
  const failures = [
    await send(drive, "GET", "/conferences", user),
    await send(drive, "GET", "/conferences?expand=details", user),
    await send(drive, "POST", "/session", {}, signInBody()),
  ];
  broken = true;
  failures.push(
    await send(drive, "GET", "/session", user),
    await send(drive, "GET", "/session/events", user),
    await send(drive, "GET", "/conferences/stream", user),
    await send(drive, "DELETE", "/session", user),
    await send(drive, "PUT", "/sessions/device-1", backend, binding),
    await send(drive, "GET", "/sessions", backend),
    await send(drive, "DELETE", "/sessions?subject=user-1", backend),
    await send(drive, "GET", "/readyz"),
  );
  for (const { status, body } of failures) {
    assert.deepEqual([status, body.code, body.detail], [500, "internal-error", "Internal error."]);
    const line = logged.find((text) => text.includes(String(body.requestId)) && text.includes("unexpected error"));
    assert.match(line ?? "", /"error":"TypeError".*"stack":".*secrets-in-mistakes/);
  }
  for (const { what, text } of answers) assert.deepEqual(secrets.foundIn(text), [], `${what}\n${text}`);
  for (const line of logged) assert.deepEqual(secrets.foundIn(line), [], line);
});
