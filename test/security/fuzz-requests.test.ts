import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { failOnCrash } from "../support/crash-watch.ts";
import { assertKnownProblem, type SeenAnswer, seen } from "../support/problem-shape.ts";
import { openRawConnection } from "../support/raw-connection.ts";
import { type ScriptedGateway, startScriptedGateway } from "../support/scripted-gateway.ts";
import { appToken, serviceToken, startTestService, type TestService } from "../support/service.ts";
import { until } from "../support/until.ts";

failOnCrash();

/** Any byte but the two that would end a header's line. */
const bytes = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({
    unit: fc
      .integer({ min: 1, max: 255 })
      .filter((code) => code !== 10 && code !== 13)
      .map((code) => String.fromCharCode(code)),
    maxLength,
  });
const pathUnit = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      "/",
      "%",
      "?",
      "&",
      "=",
      ".",
      "..",
      "%2e",
      "%00",
      "%c3",
      "%2F",
      "[",
      "__proto__",
      ";",
      ":",
      "\\",
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      "conferences",
      "session",
      "sessions",
      "stream",
      "events",
      "problems",
      "expand",
      "details",
      "subject",
      "after",
      "agentId",
      "force",
    ),
  },
  { weight: 3, arbitrary: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)) },
);
const path = fc.array(pathUnit, { maxLength: 12 }).map((units) => `/${units.join("")}`);
const numRuns = 250;

describe("whatever a client sends, it gets a good answer or a known problem", { timeout: 120_000 }, () => {
  let gateway: ScriptedGateway;
  let service: TestService;
  const user = { Authorization: `Bearer ${appToken({ sub: "user-1", sid: "device-1" })}` };
  const backend = { Authorization: `Bearer ${serviceToken()}` };

  before(async () => {
    gateway = await startScriptedGateway();
    service = await startTestService(gateway.url, { environment: { CORS_ORIGINS: "https://app.example" } });
    const body = JSON.stringify({ agentId: "1299", password: "", phoneNumber: "1" });
    const headers = { ...user, "Content-Type": "application/json" };
    assert.equal((await fetch(`${service.url}/session`, { method: "POST", headers, body })).status, 201);
  });
  after(async () => {
    await service.close();
    await gateway.close();
  });

  /** A request as bytes; the answer that came before the connection was closed. */
  async function raw(line: string, headers: readonly string[], body = ""): Promise<SeenAnswer | null> {
    const connection = await openRawConnection(service.url);
    const head = [line, "Host: a", ...headers, `Content-Length: ${body.length}`, "Connection: close", "", body];
    connection.send(Buffer.from(head.join("\r\n"), "latin1"));
    await until(() => connection.received().includes("\r\n\r\n") || connection.socket.destroyed, 20_000);
    // A good request for a stream has no end; what is asked is only whether it begins.
    const isStream = connection.received().includes("text/event-stream");
    const text = isStream ? connection.received() : await connection.all(20_000);
    connection.close();
    const [answerHead = "", ...rest] = text.split("\r\n\r\n");
    const [status = "", ...fields] = answerHead.split("\r\n");
    const named = fields.map((field) => [field.split(":", 1)[0]?.toLowerCase() ?? "", field.replace(/^[^:]*: */, "")]);
    return { status: Number(status.split(" ")[1]), headers: Object.fromEntries(named), text: rest.join("\r\n\r\n") };
  }
  function assertGoodOrKnown(answer: SeenAnswer | null): void {
    assert.ok(answer !== null);
    if (answer.status >= 200 && answer.status < 400) return;
    assertKnownProblem(answer);
  }

  test("any bytes as `Authorization`, `Cookie`, or any other header", async () => {
    const name = fc.constantFrom(
      ...["Authorization", "Cookie", "Origin", "X-CSRF", "Sec-Fetch-Site", "If-None-Match", "Last-Event-ID", "Accept"],
      ...[
        "Content-Type",
        "Content-Encoding",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-HTTP-Method-Override",
        "Expect",
      ],
      ...["Upgrade", "TE", "Range", "X-Request-Id", "Access-Control-Request-Method", "Access-Control-Request-Headers"],
    );
    const prefix = fc.constantFrom("", "Bearer ", "__Host-session=", "https://app.example", "*", "W/", "1");
    const header = fc.tuple(name, prefix, bytes(60)).map(([field, start, rest]) => `${field}: ${start}${rest}`);
    const line = fc.constantFrom(
      ...["GET /session", "GET /conferences", "GET /conferences/1", "POST /session", "GET /sessions"],
      ...["PUT /sessions/a", "OPTIONS /session", "HEAD /conferences", "GET /livez", "GET /nothing"],
    );
    await fc.assert(
      fc.asyncProperty(line, fc.array(header, { maxLength: 4 }), fc.boolean(), async (start, headers, known) => {
        const authorization = known ? [`Authorization: ${user.Authorization}`] : [];
        const answer = await raw(`${start} HTTP/1.1`, [...headers, ...authorization]);
        if (start.startsWith("HEAD")) assert.ok(answer !== null && answer.status < 500);
        else assertGoodOrKnown(answer);
      }),
      { numRuns },
    );
  });

  test("any path, id and query, with and without the right to ask", async () => {
    const method = fc.constantFrom("GET", "GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "OPTIONS");
    const who = fc.constantFrom(
      [],
      [`Authorization: ${user.Authorization}`],
      [`Authorization: ${backend.Authorization}`],
    );
    await fc.assert(
      fc.asyncProperty(method, path, who, async (verb, target, headers) => {
        // Not the user's own sign-out: the next case would have no session.
        fc.pre(!/^\/sessions?(\?|$)/.test(target) || verb === "GET");
        assertGoodOrKnown(await raw(`${verb} ${target} HTTP/1.1`, headers));
      }),
      { numRuns },
    );
  });

  test("any id and query of an operation that reads", async () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 30 }),
      fc.string({ maxLength: 400 }),
      fc.constant("a".repeat(3_000)),
    );
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom("conferences", "problems", "sessions"), async (id, below) => {
        let encoded: string;
        try {
          encoded = encodeURIComponent(id);
        } catch {
          encoded = "%ED%A0%80";
        }
        const query = `subject=${encoded}&agentId=${encoded}&after=${encoded}&expand=${encoded}&limit=${encoded}`;
        const urls =
          below === "sessions"
            ? [`/sessions?${query}`, `/sessions?after=${encoded}`]
            : [`/${below}/${encoded}`, `/conferences?${query}`];
        for (const url of urls) {
          const answer = await seen(await fetch(service.url + url, { headers: below === "sessions" ? backend : user }));
          assertGoodOrKnown(answer);
        }
      }),
      { numRuns },
    );
  });

  const member = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom("1201", "1202", "", "a\r\nb", "\u0000", "40038", true, 1201),
  );
  const fields = ["agentId", "password", "phoneNumber", "force", "delivery", "guid", "subject", "cookie", "keepAlive"];
  const json = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(fc.constantFrom(...fields, "__proto__", "constructor", "toString"), member, { maxKeys: 9 }),
    fc.record(
      {
        agentId: fc.oneof(fc.constant("1203"), member),
        guid: fc.oneof(fc.string({ minLength: 1, maxLength: 600 }), member),
        cookie: fc.oneof(fc.string({ unit: "binary", maxLength: 50 }), fc.constant("a".repeat(4_097)), member),
        subject: fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), member),
        keepAlive: fc.oneof(fc.constant("external"), member),
        password: fc.oneof(fc.string({ unit: "binary", maxLength: 40 }), member),
        phoneNumber: fc.oneof(fc.constant("40038"), member),
      },
      { requiredKeys: ["agentId"] },
    ),
  );
  const send = async (
    method: string,
    target: string,
    headers: object,
    body: string | Buffer<ArrayBuffer>,
  ): Promise<SeenAnswer> =>
    seen(
      await fetch(service.url + target, {
        method,
        headers: { "Content-Type": "application/json", ...headers },
        body,
      }),
    );

  test("any JSON as the body of a sign-in or of a binding", async () => {
    await fc.assert(
      fc.asyncProperty(json, fc.boolean(), async (body, known) => {
        const text = JSON.stringify(body);
        assertGoodOrKnown(await send("POST", "/session", known ? { Authorization: `Bearer ${appToken()}` } : {}, text));
        assertGoodOrKnown(await send("PUT", "/sessions/bound", backend, text));
      }),
      { numRuns },
    );
  });

  test("any bytes as a body", async () => {
    const deep = fc.integer({ min: 1, max: 65_536 }).map((depth) => Buffer.from("[".repeat(depth)));
    const closed = fc.integer({ min: 1, max: 13_000 }).map((depth) => Buffer.from(`${'{"a":'.repeat(depth)}`));
    const any = fc.oneof(fc.uint8Array({ maxLength: 200 }), deep, closed, fc.constant(Buffer.alloc(70_000, "[")));
    const types = fc.constantFrom(
      "application/json",
      "application/json; charset=utf-16",
      "application/json;charset=x",
      "text/json",
    );
    await fc.assert(
      fc.asyncProperty(any, types, async (body, type) => {
        const headers = { ...backend, "Content-Type": type };
        assert.ok((await send("PUT", "/sessions/bytes", headers, Buffer.from(body))).status >= 400);
        assertKnownProblem(await send("PUT", "/sessions/bytes", headers, Buffer.from(body)));
        assertKnownProblem(await send("POST", "/session", { ...user, "Content-Type": type }, Buffer.from(body)));
      }),
      { numRuns: 120 },
    );
  });

  test("and the next good request is answered as if nothing had been", async () => {
    const answer = await fetch(`${service.url}/conferences`, { headers: user });
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), { conferences: [{ id: "355840" }, { id: "356096" }] });
    assert.equal((Object.prototype as { polluted?: unknown }).polluted, undefined);
    assert.ok(service.logged.length > numRuns);
    for (const line of service.logged) assert.doesNotThrow(() => JSON.parse(line), "each is one line of JSON");
  });
});
