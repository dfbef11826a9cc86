import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import request from "supertest";
import { assertProblem } from "../support/device.ts";
import { openRawConnection } from "../support/raw-connection.ts";
import { startPair } from "../support/service.ts";

describe("a port of its own for metrics", () => {
  let pair: Awaited<ReturnType<typeof startPair>>;
  let url: string;
  before(async () => {
    pair = await startPair({
      simulator: { pollHoldMs: 200 },
      environment: { METRICS_PORT: "0", PUBLIC_URL: "https://portal.example/bff" },
    });
    assert.ok(pair.service.metricsUrl !== null);
    url = pair.service.metricsUrl;
  });
  after(() => pair.close());

  test("answers with them, as the service's own port does where there is no other", async () => {
    const answer = await request(url).get("/metrics");
    assert.equal(answer.status, 200);
    assert.match(String(answer.headers["content-type"]), /^text\/plain/);
    assert.equal(answer.headers["cache-control"], "no-store");
    assert.match(answer.text, /^conferences_bff_build_info\{/m);
    assert.equal((await request(url).head("/metrics")).status, 200);
  });

  test("answers with problems too where something is wrong", async () => {
    const elsewhere = await request(url).get("/conferences");
    assertProblem(elsewhere, 404, "not-found");
    assert.equal(elsewhere.body.type, "https://portal.example/bff/problems/not-found");
    const posted = await request(url).post("/metrics");
    assertProblem(posted, 405, "method-not-allowed");
    assert.equal(posted.headers.allow, "GET, HEAD, OPTIONS");
    const connection = await openRawConnection(url);
    connection.send("GET /metrics HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n");
    assert.match(await connection.all(2_000), /^HTTP\/1\.1 400 [\s\S]*"header\.Host"/);
  });

  test("leaves nothing of them on the other", async () => {
    assertProblem(await request(pair.url).get("/metrics"), 404, "not-found");
  });
});
