import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import request from "supertest";
import { assertProblem, type Device, signedInDevice, signInBody } from "../support/device.ts";
import { openRawConnection } from "../support/raw-connection.ts";
import { serviceToken, startPair } from "../support/service.ts";

type Pair = Awaited<ReturnType<typeof startPair>>;

/** Every documented path with its methods. */
const paths: readonly (readonly [path: string, allow: string])[] = [
  ["/conferences", "GET, HEAD, OPTIONS"],
  ["/conferences/355840", "GET, HEAD, OPTIONS"],
  ["/conferences/stream", "GET, HEAD, OPTIONS"],
  ["/session", "DELETE, GET, HEAD, OPTIONS, POST"],
  ["/session/events", "GET, HEAD, OPTIONS"],
  ["/sessions", "DELETE, GET, HEAD, OPTIONS"],
  ["/sessions/device-1", "DELETE, OPTIONS, PUT"],
  ["/livez", "GET, HEAD, OPTIONS"],
  ["/readyz", "GET, HEAD, OPTIONS"],
  ["/metrics", "GET, HEAD, OPTIONS"],
  ["/openapi.json", "GET, HEAD, OPTIONS"],
  ["/docs", "GET, HEAD, OPTIONS"],
  ["/problems/csrf", "GET, HEAD, OPTIONS"],
  ["/", "GET, HEAD, OPTIONS"],
];

const sorted = (allow = ""): string[] => allow.split(", ").sort();

describe("paths, methods and bodies", () => {
  let pair: Pair;
  let device: Device;
  before(async () => {
    pair = await startPair({ simulator: { pollHoldMs: 200 }, environment: { TOKEN_SECRET: "" } });
    device = await signedInDevice(pair.url);
  });
  after(() => pair.close());

  const send = (method: string, path: string): request.Test => {
    const agent = request(pair.url) as unknown as Record<string, (path: string) => request.Test>;
    const ask = agent[method];
    assert.ok(ask !== undefined);
    return ask.call(agent, path);
  };

  test("an unknown path is 404 for everybody, without a token too", async () => {
    const unknown = [
      "/nothing",
      "/conferences/",
      "/Conferences",
      "/conferences/1/participants",
      "/session/",
      "/sessions/",
      "/sessions/a/b",
      "//conferences",
      "/conferences/../session",
      "/.env",
      "/problems/nothing",
      "/problems/__proto__",
      "/problems/toString",
    ];
    for (const path of unknown) {
      for (const method of ["get", "post", "delete"] as const) {
        if (method !== "get" && path.startsWith("/problems/")) continue;
        assertProblem(await send(method, path), 404, "not-found");
      }
      assertProblem(await device.get(path), 404, "not-found");
    }
  });

  test("a method that a path does not have is 405 with what it has, without a token too", async () => {
    for (const [path, allow] of paths) {
      const has = sorted(allow);
      for (const method of ["get", "post", "put", "patch", "delete"]) {
        if (has.includes(method.toUpperCase())) continue;
        const answer = await send(method, path);
        assertProblem(answer, 405, "method-not-allowed");
        assert.deepEqual(sorted(answer.headers.allow), has);
      }
      for (const method of ["TRACE", "PROPFIND"]) {
        const connection = await openRawConnection(pair.url);
        connection.send(`${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
        assert.match(await connection.all(2_000), /^HTTP\/1\.1 405 /);
      }
    }
  });

  test("OPTIONS is answered with the methods, without a token", async () => {
    for (const [path, allow] of paths) {
      const answer = await send("options", path);
      assert.equal(answer.status, 204, path);
      assert.deepEqual(sorted(answer.headers.allow), sorted(allow));
    }
    assertProblem(await send("options", "/nothing"), 404, "not-found");
  });

  test("HEAD is answered as GET, without its body", async () => {
    for (const path of [
      "/livez",
      "/readyz",
      "/session",
      "/conferences",
      "/conferences/355840",
      "/problems/csrf",
      "/",
    ]) {
      const [head, get] = [await device.send("head", path), await device.get(path)];
      assert.deepEqual([head.status, head.headers["content-type"]], [get.status, get.headers["content-type"]], path);
      assert.equal(head.text ?? "", "");
    }
    assert.equal((await send("head", "/conferences")).status, 401);
    assert.equal((await send("head", "/nothing")).status, 404);
  });

  test("authentication comes before validation", async () => {
    for (const [method, path] of [
      ["get", "/conferences?expand=nonsense"],
      ["get", "/conferences/abc"],
      ["get", "/conferences/%zz"],
      ["get", "/conferences/stream?expand=x"],
      ["delete", "/session?force=nonsense"],
      ["delete", "/sessions"],
      ["get", "/sessions?subject="],
      ["put", "/sessions/%zz"],
      ["put", `/sessions/${"x".repeat(300)}`],
    ] as const) {
      assertProblem(await send(method, path), 401, "token-missing");
    }
    for (const [method, path] of [
      ["post", "/session"],
      ["put", "/sessions/device-1"],
    ] as const) {
      for (const type of ["application/json", "text/plain"]) {
        assertProblem(await send(method, path).set("Content-Type", type).send("{broken"), 401, "token-missing");
        assertProblem(
          await send(method, path).set("Authorization", "Bearer x").set("Content-Type", type).send("x".repeat(70_000)),
          401,
          "token-invalid",
        );
      }
    }
    const user = send("put", "/sessions/x").set("Authorization", `Bearer ${device.token}`);
    assertProblem(await user.set("Content-Type", "application/json").send("{broken"), 403, "insufficient-scope");
  });

  test("a path that is not correctly encoded is 400", async () => {
    for (const path of ["/conferences/%zz", "/conferences/%", "/conferences/%E0%A4%A", "/conferences/%ff"]) {
      assertProblem(await device.get(path), 400, "invalid-request");
    }
    for (const path of ["/sessions/%zz", "/sessions/a%E0b"]) {
      const backend = send("put", path).set("Authorization", `Bearer ${serviceToken()}`);
      assertProblem(await backend.send({ agentId: "1201", guid: "x" }), 400, "invalid-request");
    }
    assertProblem(await send("get", "/problems/%zz"), 400, "invalid-request");
    assertProblem(await send("get", "/%zz"), 404, "not-found");
  });

  describe("a sign-in's body", () => {
    const post = (body: string | Buffer, headers: Readonly<Record<string, string>> = {}) => {
      const asked = device.send("post", "/session").set("Content-Type", "application/json");
      for (const [name, value] of Object.entries(headers)) asked.set(name, value);
      // As they are: supertest would write a Buffer as JSON.
      asked.serialize((data: unknown) => data as string);
      return asked.send(body as string);
    };
    const good = JSON.stringify(signInBody());

    test("of any parameters of JSON's media type is taken", async () => {
      for (const type of [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "Application/JSON",
        'application/json; charset="utf-8"',
      ]) {
        assert.equal((await post(good, { "Content-Type": type })).status, 200, type);
      }
    });

    test("of another media type, charset or encoding is 415", async () => {
      for (const type of [
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json-patch+json",
        "application/jsonx",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
        "application/json; charset=nonsense",
        "*/*",
      ]) {
        assertProblem(await post(good, { "Content-Type": type }), 415, "unsupported-media-type");
      }
      assertProblem(await post(gzipSync(good), { "Content-Encoding": "gzip" }), 415, "unsupported-media-type");
      assertProblem(await post(good, { "Content-Encoding": "br" }), 415, "unsupported-media-type");
      assert.equal((await post(good, { "Content-Encoding": "identity" })).status, 200);
      const connection = await openRawConnection(pair.url);
      connection.send(
        `POST /session HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${device.token}\r\nConnection: close\r\nContent-Length: ${good.length}\r\n\r\n${good}`,
      );
      assert.match(await connection.all(2_000), /^HTTP\/1\.1 415 [\s\S]*"unsupported-media-type"/);
    });

    test("that is broken JSON, no UTF-8, no object or not there is 400", async () => {
      for (const body of ["{", "{broken", '{"a":1}}', "'x'", "\u0000", "undefined", "NaN", '{"a":"\u0001"}']) {
        assertProblem(await post(body), 400, "invalid-request");
      }
      for (const body of ["[]", "null", '"text"', "5", "true", "{}", `[${good}]`]) {
        assertProblem(await post(body), 400, "invalid-request");
      }
      assertProblem(await post(""), 400, "invalid-request");
      assertProblem(await device.send("post", "/session"), 400, "invalid-request");
      const latin = Buffer.from(good.replace("secret-1201", "secr\u00e9t"), "latin1");
      assertProblem(await post(latin), 400, "invalid-request");
      assertProblem(await post(`${"[".repeat(30_000)}${"]".repeat(30_000)}`), 400, "invalid-request");
    });

    test("never shows in the answer", async () => {
      const answer = await post(`{"password":"hush-hush", broken`);
      assert.ok(!answer.text.includes("hush"));
      const wrong = await post(JSON.stringify({ ...signInBody(), agentId: "hush-hush", delivery: "hush-hush" }));
      assertProblem(wrong, 400, "invalid-request");
      assert.ok(!wrong.text.includes("hush"));
    });

    test("of more than 64 KiB is 413, whether it says its length or not", async () => {
      const filler = (bytes: number): string => `{"x":"${"x".repeat(bytes - 8)}"}`;
      assert.equal(Buffer.byteLength(filler(65_536)), 65_536);
      assertProblem(await post(filler(65_536)), 400, "invalid-request");
      assertProblem(await post(filler(65_537)), 413, "payload-too-large");
      const connection = await openRawConnection(pair.url);
      connection.send(
        `POST /session HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${device.token}\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
      );
      for (let sent = 0; sent < 20; sent++) connection.send(`1000\r\n${"x".repeat(4_096)}\r\n`);
      connection.send("0\r\n\r\n");
      assert.match(await connection.all(2_000), /^HTTP\/1\.1 413 [\s\S]*"payload-too-large"/);
    });

    test("cannot reach into prototypes", async () => {
      const poisoned = [
        '{"__proto__":{"agentId":"1201","password":"secret-1201","phoneNumber":"40038"}}',
        '{"constructor":{"prototype":{"force":true}}}',
      ];
      for (const body of poisoned) assertProblem(await post(body), 400, "invalid-request");
      for (const spice of ['"__proto__":{"force":true,"polluted":1}', '"constructor":{"prototype":{"polluted":1}}']) {
        assertProblem(await post(good.replace("{", `{${spice},`)), 400, "invalid-request");
      }
      assert.equal(({} as Record<string, unknown>).polluted, undefined);
      assert.equal((await device.get("/conferences?__proto__[expand]=details&__proto__=x&constructor=y")).status, 200);
    });

    test("may have no fields that nobody knows, each of which is told by its path", async () => {
      const answer = await post(good.replace("{", '{"vdnId":"2","more":{"x":[1]},'));
      assertProblem(answer, 400, "invalid-request");
      assert.deepEqual(
        answer.body.errors.map(({ path }: { path: string }) => path),
        ["vdnId", "more"],
      );
    });
  });

  test("bad input of all this lost no session", async () => {
    assert.equal((await device.get("/conferences")).status, 200);
  });
});
