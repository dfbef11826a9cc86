import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import request from "supertest";
import { type Device, signedInDevice } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { serviceToken, startPair } from "../support/service.ts";

type Pair = Awaited<ReturnType<typeof startPair>>;

describe("the headers of every answer", () => {
  let pair: Pair;
  let device: Device;
  before(async () => {
    pair = await startPair({ simulator: { pollHoldMs: 200 } });
    device = await signedInDevice(pair.url);
  });
  after(() => pair.close());

  const answers = async () => [
    await request(pair.url).get("/livez"),
    await request(pair.url).get("/nothing"),
    await request(pair.url).post("/livez"),
    await request(pair.url).get("/conferences"),
    await request(pair.url).options("/conferences"),
    await device.get("/conferences"),
    await device.get("/conferences").set("If-None-Match", "*"),
    await device.get("/conferences/1"),
    await device.get("/session"),
    await request(pair.url).get("/sessions").set("Authorization", `Bearer ${serviceToken()}`),
    await request(pair.url).get("/problems/csrf"),
    await request(pair.url).get("/metrics"),
  ];

  test("let a browser load, frame and guess nothing", async () => {
    for (const { headers } of await answers()) {
      assert.match(headers["content-security-policy"] ?? "", /default-src 'none'/);
      assert.match(headers["content-security-policy"] ?? "", /frame-ancestors 'none'/);
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.equal(headers["x-frame-options"], "DENY");
      assert.equal(headers["referrer-policy"], "no-referrer");
      assert.match(headers["strict-transport-security"] ?? "", /max-age=\d{7,}/);
      assert.match(headers["cross-origin-resource-policy"] ?? "", /same-/);
      assert.equal(headers["x-powered-by"], undefined);
      assert.equal(headers.server, undefined);
    }
  });

  test("name the request, each by another id, or by the one that the client brought", async () => {
    const ids = (await answers()).map(({ headers }) => headers["x-request-id"] ?? "");
    for (const id of ids) assert.match(id, /^[\w-]{8,}$/);
    assert.equal(new Set(ids).size, ids.length);
    for (const brought of ["0af7651916cd43dd8448eb211c80319c", "Root.1-67891233_abc", "x", "a".repeat(64)]) {
      const answer = await request(pair.url).get("/nothing").set("X-Request-Id", brought);
      assert.deepEqual([answer.headers["x-request-id"], answer.body.requestId], [brought, brought]);
      assert.ok(pair.logged.some((line) => line.includes(`"requestId":"${brought}"`)));
    }
    for (const strange of ["", " ", "a".repeat(65), "a b", "a,b", '"', "a\u00e9", "$(x)", "../x"]) {
      const answer = await request(pair.url).get("/livez").set("X-Request-Id", strange);
      assert.match(answer.headers["x-request-id"] ?? "", /^[\w-]{8,40}$/);
      assert.notEqual(answer.headers["x-request-id"], strange);
    }
    const problem = await request(pair.url).get("/nothing");
    assert.equal(problem.body.requestId, problem.headers["x-request-id"]);
    assert.ok(pair.logged.some((line) => line.includes(problem.body.requestId)));
  });

  test("leave an id of our own in the audit trail beside the one that the client brought", async () => {
    for (const _ of [1, 2]) await device.get("/sessions").set("X-Request-Id", "always-the-same");
    const lines = pair.logged.map((line) => JSON.parse(line) as Record<string, unknown>);
    const trail = lines.filter(({ audit, requestId }) => audit === "refused" && requestId === "always-the-same");
    assert.equal(new Set(trail.map(({ ownRequestId }) => String(ownRequestId))).size, 2);
  });

  test("let no cache keep what is somebody's", async () => {
    const token = `Bearer ${serviceToken()}`;
    for (const answer of [
      await device.get("/session"),
      await device.signIn(),
      await request(pair.url).get("/sessions").set("Authorization", token),
      await request(pair.url).delete("/sessions/nobody").set("Authorization", token),
      await device.get("/conferences/x"),
      await request(pair.url).get("/session"),
    ]) {
      assert.match(answer.headers["cache-control"] ?? "", /no-store/);
      assert.equal(answer.headers.etag, undefined);
    }
    for (const path of ["/conferences", "/conferences/355840"]) {
      assert.equal((await device.get(path)).headers["cache-control"], "private, no-cache");
    }
  });

  test("are the same at the start of a stream", async () => {
    const stream = await EventStreamReader.open(`${pair.url}/session/events`, {
      authorization: `Bearer ${device.token}`,
    });
    assert.equal(stream.headers["x-content-type-options"], "nosniff");
    assert.match(String(stream.headers["x-request-id"]), /^[\w-]{8,}$/);
    assert.match(String(stream.headers["cache-control"]), /no-store/);
    stream.close();
  });

  test("say what kind of token is asked for, and why one is refused", async () => {
    const challengeOf = async (token?: string): Promise<string> => {
      const asked = request(pair.url).get("/sessions");
      if (token !== undefined) asked.set("Authorization", `Bearer ${token}`);
      return (await asked).headers["www-authenticate"] ?? "";
    };
    assert.equal(await challengeOf(), 'Bearer realm="conferences-bff"');
    assert.match(await challengeOf("nonsense"), /^Bearer realm="conferences-bff", error="invalid_token"/);
    assert.match(await challengeOf(device.token), /^Bearer realm="conferences-bff", error="insufficient_scope"/);
  });
});
