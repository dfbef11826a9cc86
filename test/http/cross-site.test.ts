import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import request from "supertest";
import { assertProblem, signInBody } from "../support/device.ts";
import { appToken, startPair } from "../support/service.ts";

type Pair = Awaited<ReturnType<typeof startPair>>;
type Headers = Readonly<Record<string, string>>;

const LISTED = "https://app.example";
/** A page of an app, not of the web. */
const APP = "capacitor://localhost";

describe("a browser's cookie and other sites", () => {
  let pair: Pair;
  before(async () => {
    pair = await startPair({
      simulator: { pollHoldMs: 200 },
      environment: { CORS_ORIGINS: `${LISTED},capacitor://localhost`, PUBLIC_URL: "https://portal.example/bff" },
    });
  });
  after(() => pair.close());

  const host = (): string => new URL(pair.url).host;
  const good = (): readonly Headers[] => [
    { "X-CSRF": "1", "Sec-Fetch-Site": "same-origin" },
    { "X-CSRF": "1", Origin: `http://${host()}` },
    { "X-CSRF": "1", Origin: `http://${host()}`, "Sec-Fetch-Site": "same-origin" },
    { "X-CSRF": "1", Origin: LISTED },
    { "X-CSRF": "1", Origin: LISTED, "Sec-Fetch-Site": "same-site" },
    { "X-CSRF": "1", Origin: "https://behind-a-proxy.example", "Sec-Fetch-Site": "same-origin" },
    { "X-CSRF": "1", Origin: "https://portal.example" },
  ];
  const bad = (): readonly Headers[] => [
    {},
    { "X-CSRF": "1" },
    { "X-CSRF": "0", "Sec-Fetch-Site": "same-origin" },
    { "Sec-Fetch-Site": "same-origin" },
    { Origin: `http://${host()}` },
    { "X-CSRF": "1", "Sec-Fetch-Site": "cross-site" },
    { "X-CSRF": "1", "Sec-Fetch-Site": "same-site" },
    { "X-CSRF": "1", "Sec-Fetch-Site": "none" },
    { "X-CSRF": "1", Origin: "https://evil.example" },
    { "X-CSRF": "1", Origin: `${LISTED}.evil.example` },
    { "X-CSRF": "1", Origin: "null" },
    { "X-CSRF": "1", Origin: `http://${host()}`, "Sec-Fetch-Site": "cross-site" },
  ];
  const post = (headers: Headers, fields: object = {}) =>
    request(pair.url)
      .post("/session")
      .set(headers)
      .send(signInBody({ delivery: "cookie", force: true, ...fields }));
  const signIn = async (): Promise<string> => {
    const answer = await post(good()[0] ?? {});
    assert.equal(answer.status, 201);
    return answer.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  };
  afterEach(() => pair.simulator.control.clearCounters());

  test("the cookie is only handed to a request of this site or a listed origin, with the header", async () => {
    for (const headers of bad()) {
      const answer = await post(headers);
      assertProblem(answer, 403, "csrf");
      assert.equal(answer.headers["set-cookie"], undefined);
    }
    assert.equal(pair.simulator.control.state().calls.forcelogin, 0, "the gateway was not asked");
    for (const headers of good()) assert.equal((await post(headers)).status, 201, JSON.stringify(headers));
  });

  test("the cookie is not handed to a listed origin from which the browser would never send it back", async () => {
    for (const headers of [
      { "X-CSRF": "1", Origin: LISTED, "Sec-Fetch-Site": "cross-site" },
      { "X-CSRF": "1", Origin: "capacitor://localhost" },
    ]) {
      const answer = await post(headers);
      assertProblem(answer, 403, "csrf");
      assert.match(answer.body.detail, /would never send/);
      assert.equal((await post(headers, { delivery: "body" })).status, 201);
    }
  });

  test("a token in the body needs no such proof", async () => {
    assert.equal((await post({}, { delivery: "body" })).status, 201);
  });

  test("a change that comes with the cookie needs the proof, and changes nothing without", async () => {
    for (const headers of good()) {
      const cookie = await signIn();
      for (const wrong of bad()) {
        assertProblem(await request(pair.url).delete("/session").set(wrong).set("Cookie", cookie), 403, "csrf");
      }
      assert.equal((await request(pair.url).get("/session").set("Cookie", cookie)).status, 200);
      assert.equal((await request(pair.url).delete("/session").set(headers).set("Cookie", cookie)).status, 204);
    }
  });

  test("reading with the cookie needs none", async () => {
    const cookie = await signIn();
    for (const path of ["/session", "/conferences", "/conferences/355840"]) {
      assert.equal((await request(pair.url).get(path).set("Cookie", cookie)).status, 200);
    }
  });

  test("a change with a token in the header needs none, whatever the cookie", async () => {
    const answer = await post({}, { delivery: "body" });
    const deleted = await request(pair.url)
      .delete("/session")
      .set("Authorization", `Bearer ${answer.body.token}`)
      .set("Cookie", "__Host-session=nonsense");
    assert.equal(deleted.status, 204);
  });

  test("the header's token counts before the cookie's, and a bad one is not made good by it", async () => {
    const cookie = await signIn();
    const asked = (authorization: string) =>
      request(pair.url).get("/session").set("Cookie", cookie).set("Authorization", authorization);
    assertProblem(await asked("Bearer nonsense"), 401, "token-invalid");
    assertProblem(await asked("Bearer abc"), 401, "token-invalid");
    assertProblem(await asked(`Bearer ${appToken()}`), 401, "session-not-found");
  });

  test("a cookie of before does not keep its user from signing in", async () => {
    const proof = good()[0] ?? {};
    assert.equal((await post({ ...proof, Cookie: "__Host-session=of.before.x" })).status, 201);
    const stale = await signIn();
    await request(pair.url).delete("/session").set(proof).set("Cookie", stale);
    assert.equal((await post({ ...proof, Cookie: stale })).status, 201);
  });

  test("asked for with the app's token, `cookie` needs the proof all the same", async () => {
    const token = { Authorization: `Bearer ${appToken()}` };
    assertProblem(await post(token), 403, "csrf");
    const answer = await post({ ...token, ...good()[0] });
    assert.equal(answer.status, 201);
    assert.match(answer.headers["set-cookie"]?.[0] ?? "", /^__Host-session=[\w-]+; /);
    assert.equal(answer.body.token, undefined);
  });
});

describe("cross-origin reading", () => {
  let pair: Pair;
  before(async () => {
    pair = await startPair({
      simulator: { pollHoldMs: 200 },
      environment: { CORS_ORIGINS: `${LISTED},http://localhost:5173,${APP}` },
    });
  });
  after(() => pair.close());

  const list = (text = ""): string[] =>
    text
      .split(", ")
      .map((one) => one.toLowerCase())
      .sort();

  test("is allowed to a listed origin, with credentials and the headers that it needs", async () => {
    for (const origin of [LISTED, "http://localhost:5173", APP]) {
      for (const path of ["/conferences", "/livez", "/nothing"]) {
        const { headers } = await request(pair.url).get(path).set("Origin", origin);
        assert.equal(headers["access-control-allow-origin"], origin);
        assert.equal(headers["access-control-allow-credentials"], "true");
        assert.deepEqual(list(headers["access-control-expose-headers"]), [
          "age",
          "etag",
          "ratelimit",
          "ratelimit-policy",
          "retry-after",
          "www-authenticate",
          "x-request-id",
        ]);
        assert.match(headers.vary ?? "", /\bOrigin\b/);
      }
    }
  });

  test("is answered before it is asked for, without a token", async () => {
    const answer = await request(pair.url)
      .options("/session")
      .set({ Origin: LISTED, "Access-Control-Request-Method": "DELETE", "Access-Control-Request-Headers": "x-csrf" });
    assert.equal(answer.status, 204);
    assert.equal(answer.headers["access-control-allow-origin"], LISTED);
    assert.equal(answer.headers["access-control-allow-credentials"], "true");
    assert.deepEqual(list(answer.headers["access-control-allow-headers"]), [
      "authorization",
      "baggage",
      "cache-control",
      "content-type",
      "if-none-match",
      "last-event-id",
      "sentry-trace",
      "traceparent",
      "tracestate",
      "x-csrf",
      "x-request-id",
    ]);
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
      assert.ok(answer.headers["access-control-allow-methods"]?.split(", ").includes(method));
    }
  });

  test("is allowed to no other origin, and the answer says that it depends on the origin", async () => {
    for (const origin of [
      "https://evil.example",
      "null",
      "https://APP.example",
      `${LISTED}:8443`,
      "http://app.example",
      "capacitor://elsewhere",
    ]) {
      for (const answer of [
        await request(pair.url).get("/livez").set("Origin", origin),
        await request(pair.url).options("/session").set({ Origin: origin, "Access-Control-Request-Method": "DELETE" }),
      ]) {
        assert.equal(answer.headers["access-control-allow-origin"], undefined);
        assert.equal(answer.headers["access-control-allow-credentials"], undefined);
        assert.match(answer.headers.vary ?? "", /\bOrigin\b/);
      }
    }
  });
});
