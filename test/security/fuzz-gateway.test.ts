import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import fc from "fast-check";
import { failOnCrash } from "../support/crash-watch.ts";
import { assertKnownProblem, seen } from "../support/problem-shape.ts";
import type { RawAnswer } from "../support/raw-gateway.ts";
import { type ScriptedGateway, type ScriptedOperation, startScriptedGateway } from "../support/scripted-gateway.ts";
import { appToken, startTestService, type TestService } from "../support/service.ts";
import { until } from "../support/until.ts";

failOnCrash();

interface Wire {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
  /** How many bytes of the body come before the connection breaks; null: all. */
  readonly cutAt: number | null;
}

/** As raw bytes, so that a status, header or length may be one that no server would send. */
const asAnswer =
  ({ status, headers, body, cutAt }: Wire): RawAnswer =>
  (response) => {
    const lines = [`HTTP/1.1 ${status} X`, ...headers.map(([name, value]) => `${name}: ${value}`)];
    const length = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name))
      ? []
      : [`Content-Length: ${body.length}`];
    response.socket?.write(Buffer.from(`${[...lines, ...length, "Connection: close"].join("\r\n")}\r\n\r\n`, "latin1"));
    response.socket?.end(cutAt === null ? body : body.subarray(0, cutAt));
  };

const word = fc.constantFrom(
  "",
  "0",
  "1",
  "-1",
  "999999999999999999999",
  "9007199254740993",
  "true",
  "\u0000",
  "é",
  "JSESSIONID=",
);
const leaf = fc.oneof(fc.anything({ maxDepth: 2, withBigInt: false }), word, fc.integer(), fc.double());
const conference = fc.record(
  {
    confId: fc.oneof({ weight: 3, arbitrary: fc.maxSafeNat() }, leaf),
    confState: fc.oneof(fc.constantFrom(0, 1, "0"), leaf),
    startTime: fc.oneof(fc.constant(1_790_000_000_000), leaf),
    applyConfTime: fc.oneof(fc.constant(60), leaf),
    confHaveBeenTime: fc.oneof(fc.constant(29), leaf),
    addresses: fc.oneof(
      fc.array(
        fc.record({
          addressType: fc.oneof(fc.constantFrom("6", "9", 9), leaf),
          address: leaf,
          channelAttrib: fc.oneof(fc.constantFrom(1, 2, 3, 4), leaf),
          channelState: fc.oneof(fc.constantFrom(0, 1, 2), leaf),
          role: fc.oneof(fc.constantFrom(0, 1), leaf),
          enterTime: fc.oneof(fc.constant(1_790_000_000_000), leaf),
        }),
      ),
      leaf,
    ),
  },
  { requiredKeys: [] },
);
/** Near to what the gateway says, so that the inside of the parsers is reached as well. */
const nearlyRight = fc.record(
  {
    message: leaf,
    retcode: fc.oneof({ weight: 6, arbitrary: fc.constantFrom("0", 0) }, { weight: 1, arbitrary: leaf }),
    result: fc.oneof(
      leaf,
      fc.record({ confIds: fc.oneof(fc.array(fc.oneof(fc.maxSafeNat(), leaf)), leaf) }),
      fc.record({ confs: fc.oneof(fc.array(conference), leaf) }),
      fc.array(conference),
      fc.record({ vdnid: leaf, isForceChange: leaf, timeRemaining: leaf }, { requiredKeys: [] }),
    ),
    event: fc.oneof(leaf, fc.record({ eventType: leaf, content: leaf }, { requiredKeys: [] })),
  },
  { requiredKeys: ["retcode"] },
);
const deep = fc
  .tuple(fc.integer({ min: 1, max: 200_000 }), fc.constantFrom(["[", "]"], ['{"a":', "}"]))
  .map(([depth, [open = "", close = ""]]) => {
    const nested = `${open.repeat(depth)}1${close.repeat(depth)}`;
    return `{"retcode":"0","result":{"confIds":${nested}},"event":{"eventType":"A","content":${nested}},"x":1234567890123456789}`;
  });
const asText = (value: unknown): string => JSON.stringify(value) ?? "";
const body = fc.oneof(
  { weight: 6, arbitrary: nearlyRight.map((value) => Buffer.from(asText(value))) },
  { weight: 2, arbitrary: fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  { weight: 1, arbitrary: deep.map((text) => Buffer.from(text)) },
);
/** What may stand in a header field's line; more would be no header, which another case sends. */
const value = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
  maxLength: 80,
});
const header = fc.oneof(
  fc.tuple(
    fc.constantFrom("Set-GUID", "set-guid"),
    fc.oneof(
      value,
      value.map((text) => `JSESSIONID=${text}`),
    ),
  ),
  fc.tuple(
    fc.constant("Set-Cookie"),
    fc.oneof(
      value,
      value.map((text) => `a=${text}; Max-Age=${text}`),
    ),
  ),
  fc.tuple(
    fc.constant("Content-Type"),
    fc.oneof(
      value,
      value.map((text) => `application/json; charset=${text}`),
    ),
  ),
  fc.tuple(fc.constantFrom("Retry-After", "Location", "Content-Encoding", "X-Any", "Trailer"), value),
  fc.tuple(fc.constant("Content-Length"), fc.constantFrom("0", "5", "99999999999", "-1", "x")),
);
const wire: fc.Arbitrary<Wire> = fc.record({
  // A gateway that mostly fails is left alone by the circuit breaker, which would hide what comes after.
  status: fc.oneof(
    { weight: 12, arbitrary: fc.constant(200) },
    { weight: 3, arbitrary: fc.integer({ min: 200, max: 499 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 999 }) },
  ),
  headers: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.array(header, { maxLength: 4 }) },
  ),
  body,
  cutAt: fc.oneof({ weight: 12, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(40) }),
});

describe("whatever the gateway answers, a client gets a good answer or a known problem", { timeout: 120_000 }, () => {
  let gateway: ScriptedGateway;
  let service: TestService;
  const token = appToken({ sub: "user-1", sid: "device-1" });
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const signIn = (): Promise<Response> =>
    fetch(`${service.url}/session`, {
      method: "POST",
      headers,
      body: JSON.stringify({ agentId: "1201", password: "", phoneNumber: "1", force: true }),
    });

  before(async () => {
    gateway = await startScriptedGateway();
    service = await startTestService(gateway.url, {
      environment: { GATEWAY_TIMEOUT_MS: "1000", KEEP_ALIVE_INTERVAL_MS: "5" },
    });
  });
  beforeEach(async () => {
    gateway.reset();
    await until(async () => (await signIn()).status < 300, 10_000);
  });
  after(async () => {
    await service.close();
    await gateway.close();
  });

  /** Runs the request against any answers to these operations; what succeeds must look as `isGood` wants it. */
  async function anything(
    to: readonly ScriptedOperation[],
    ask: () => Promise<Response>,
    isGood: (status: number, text: string) => boolean,
  ): Promise<void> {
    const codes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(wire, async (answer) => {
        gateway.script(Object.fromEntries(to.map((operation) => [operation, asAnswer(answer)])));
        const got = await seen(await ask());
        if (got.status < 300) assert.ok(isGood(got.status, got.text), `${got.status} ${got.text}`);
        else codes.add(assertKnownProblem(got));
      }),
      { numRuns: 100 },
    );
    assert.ok(codes.has("gateway-bad-response"), [...codes].join());
  }
  const isList = (status: number, text: string): boolean =>
    status === 200 && (JSON.parse(text) as { conferences: { id: unknown }[] }).conferences.every(({ id }) => isId(id));
  const isId = (id: unknown): boolean => typeof id === "string" && /^[0-9]{1,19}$/.test(id);
  const get = (path: string) => () => fetch(service.url + path, { headers });

  test("to the question for conferences", () => anything(["ids"], get("/conferences"), isList));

  test("to the question for their details", () => anything(["details"], get("/conferences?expand=details"), isList));

  test("to the question for one conference", () =>
    anything(["details"], get("/conferences/355840"), (_, text) => isId((JSON.parse(text) as { id: unknown }).id)));

  test("to a sign-in, and to whether the agent is an inspector", () =>
    anything(["sign-in", "inspector"], signIn, (status, text) => {
      const { agentId, state, inspector } = JSON.parse(text) as Record<string, unknown>;
      return (
        status < 202 && agentId === "1201" && state === "active" && [null, true, false].includes(inspector as null)
      );
    }));

  test("to a sign-out, which ends the session all the same", async () => {
    await fc.assert(
      fc.asyncProperty(wire, async (answer) => {
        gateway.reset();
        await signIn();
        gateway.script({ "sign-out": asAnswer(answer) });
        const got = await fetch(`${service.url}/session`, { method: "DELETE", headers });
        // Only an agent who is talking stays in, and these bytes do not say so.
        if (got.status !== 204) assert.equal(assertKnownProblem(await seen(got)), "session-not-found");
      }),
      { numRuns: 60 },
    );
  });

  test("to the event polls, which cost nobody the session", async () => {
    let polled = 0;
    await fc.assert(
      fc.asyncProperty(wire, async (answer) => {
        gateway.script({
          poll: (response, request) => {
            polled += 1;
            asAnswer(answer)(response, request);
          },
        });
        const before = polled;
        const got = await seen(await get("/session")());
        // A retcode may end the session; nothing else may.
        if (got.status === 401) assertKnownProblem(got);
        else assert.equal(got.status, 200, got.text);
        if (got.status === 401) await signIn();
        // After failures in a row the pause grows; a new sign-in is polled at once.
        else if (
          !(await until(() => polled > before, 60).then(
            () => true,
            () => false,
          ))
        )
          await signIn();
      }),
      { numRuns: 60 },
    );
    assert.ok(polled > 20, `${polled} polls`);
    gateway.reset();
    await until(async () => (await signIn()).status < 300, 10_000);
    assert.equal((await get("/conferences")()).status, 200);
  });
});
