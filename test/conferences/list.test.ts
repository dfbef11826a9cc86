import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import request from "supertest";
import { assertProblem, Device, signedInDevice } from "../support/device.ts";
import { serviceToken, startPair } from "../support/service.ts";

type Pair = Awaited<ReturnType<typeof startPair>>;

const noConferences = [
  "empty-list",
  "no-ids",
  "null-ids",
  "empty-text-ids",
  "no-result",
  "null-result",
  "empty-text",
] as const;

describe("the list of conferences", () => {
  let pair: Pair;
  let device: Device;
  before(async () => {
    pair = await startPair({ simulator: { pollHoldMs: 300 }, environment: { CORS_ORIGINS: "https://app.example" } });
    device = await signedInDevice(pair.url);
  });
  beforeEach(() => pair.simulator.control.clearFaults());
  after(() => pair.close());

  test("has the ids of the agent's VDN as text, those past 2^53 included, in the gateway's order", async () => {
    const answer = await device.get("/conferences");
    assert.equal(answer.status, 200);
    assert.match(answer.headers["content-type"] ?? "", /^application\/json; charset=utf-8$/);
    assert.equal(answer.text, '{"conferences":[{"id":"355840"},{"id":"1029888"},{"id":"9007199254740993"}]}');
  });

  test("with expand=details has each conference with its details", async () => {
    const answer = await device.get("/conferences?expand=details");
    assert.equal(answer.status, 200);
    const [first, second, third] = answer.body.conferences;
    assert.deepEqual(Object.keys(first), [
      "id",
      "state",
      "startedAt",
      "bookedMinutes",
      "elapsedMinutes",
      "participants",
    ]);
    assert.deepEqual([first.id, first.state, first.bookedMinutes, first.elapsedMinutes], ["355840", "normal", 60, 29]);
    assert.match(first.startedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const { joinedAt, ...chair } = first.participants[0];
    assert.deepEqual(chair, { kind: "agent", address: "1251", role: "chair", audio: "both", state: "connected" });
    assert.ok(Date.parse(joinedAt) < Date.now());
    assert.equal(first.participants[2].kind, "phone");
    assert.deepEqual(
      second.participants.map(({ audio, state }: { audio: string; state: string }) => [audio, state]),
      [
        ["both", "connected"],
        ["listen", "connected"],
        ["both", "held"],
      ],
    );
    assert.deepEqual([third.id, third.state], ["9007199254740993", "announcement"]);
  });

  test("one conference is answered by itself, also past 2^53 and with leading zeros", async () => {
    const list = await device.get("/conferences?expand=details");
    for (const [path, id] of [
      ["9007199254740993", "9007199254740993"],
      ["000355840", "355840"],
    ]) {
      const answer = await device.get(`/conferences/${path}`);
      assert.equal(answer.status, 200);
      assert.equal(answer.body.id, id);
      assert.deepEqual(
        answer.body,
        list.body.conferences.find((one: { id: string }) => one.id === id),
      );
    }
  });

  test("a conference that is not there, or is another VDN's, is 404", async () => {
    for (const id of ["1", "0", "1030400", "9999999999999999999"]) {
      assertProblem(await device.get(`/conferences/${id}`), 404, "conference-not-found");
    }
  });

  test("the largest id of 64 bits is asked for, and a larger one is not there without asking", async () => {
    const { control } = pair.simulator;
    const { id } = control.startConference({ id: "9223372036854775807" });
    assert.equal((await device.get(`/conferences/${id}`)).body.id, id);
    control.endConference(id);
    control.clearCounters();
    assertProblem(await device.get("/conferences/9223372036854775808"), 404, "conference-not-found");
    assert.equal(control.state().calls.queryconfinfos, 0);
  });

  test("an id that is not 1 to 19 digits is 400", async () => {
    for (const id of ["abc", "12345678901234567890", "-1", "1.5", "1e3", "%20355840", "355840%0d%0a", "%D9%A1"]) {
      const answer = await device.get(`/conferences/${id}`);
      assertProblem(answer, 400, "invalid-request");
      assert.equal(answer.body.errors[0].path, "path.id");
    }
  });

  test("expand takes `details` once and nothing else", async () => {
    for (const query of ["expand=", "expand=all", "expand=details&expand=details", "expand=details&expand=x"]) {
      const answer = await device.get(`/conferences?${query}`);
      assertProblem(answer, 400, "invalid-request");
      assert.equal(answer.body.errors[0].path, "query.expand");
    }
  });

  test("a client that polls with If-None-Match gets 304 until something changes", async () => {
    for (const path of ["/conferences", "/conferences?expand=details", "/conferences/355840"]) {
      const first = await device.get(path);
      const { etag = "" } = first.headers;
      assert.match(etag, /^"[^"]+"$/);
      assert.equal(first.headers["cache-control"], "private, no-cache");
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
        const again = await device.get(path).set("If-None-Match", known);
        assert.equal(again.status, 304, known);
        assert.equal(again.text, "");
        assert.equal(again.headers.etag, etag);
        assert.equal(again.headers["cache-control"], "private, no-cache");
      }
      assert.equal((await device.get(path).set("If-None-Match", '"other"')).status, 200);
    }
    const { etag = "" } = (await device.get("/conferences")).headers;
    const { id } = pair.simulator.control.startConference({});
    assert.equal((await device.get("/conferences").set("If-None-Match", etag)).status, 200);
    pair.simulator.control.endConference(id);
    assert.equal((await device.get("/conferences").set("If-None-Match", etag)).status, 304);
  });

  test("the gateway's order is kept, and more than twenty are asked for in chunks", async () => {
    const { control } = pair.simulator;
    const started = ["777777777777777777", "5", "123"];
    for (let count = 0; count < 40; count++) started.push(String(9_000_000 - count));
    for (const id of started) control.startConference({ id });
    try {
      const expected = ["355840", "1029888", "9007199254740993", ...started];
      const ids = (body: { conferences: { id: string }[] }): string[] => body.conferences.map(({ id }) => id);
      assert.deepEqual(ids((await device.get("/conferences")).body), expected);
      assert.deepEqual(ids((await device.get("/conferences?expand=details")).body), expected);
      assert.equal(control.violations().counts.tooManyIds, 0);
      assert.equal(control.violations().counts.textIds, 0);
    } finally {
      for (const id of started) control.endConference(id);
    }
  });

  test("a conference that ended between the two calls to the gateway is left out", async () => {
    const { control } = pair.simulator;
    const { id } = control.startConference({});
    control.addFault({ kind: "delay", delayMs: 150, on: "queryconfinfos", times: 1 });
    const under = device.get("/conferences?expand=details").then((answer) => answer);
    await new Promise((resolve) => setTimeout(resolve, 70));
    control.endConference(id);
    const answer = await under;
    assert.equal(answer.status, 200);
    assert.deepEqual(
      answer.body.conferences.map((one: { id: string }) => one.id),
      ["355840", "1029888", "9007199254740993"],
    );
  });

  test("no conference is an empty list, however the gateway says it", async () => {
    const { control } = pair.simulator;
    const kept = control.conferences().map(({ id, ...rest }) => ({ ...rest, id }));
    control.clearConferences();
    try {
      for (const form of noConferences) {
        control.configure({ noConferences: form });
        for (const path of ["/conferences", "/conferences?expand=details"]) {
          const answer = await device.get(path);
          assert.deepEqual([answer.status, answer.text], [200, '{"conferences":[]}'], form);
        }
      }
    } finally {
      control.configure({ noConferences: "empty-list" });
      for (const one of kept) control.startConference(one);
    }
  });

  test("the gateway's other ways of writing the same are understood", async () => {
    const { control } = pair.simulator;
    const plain = (await device.get("/conferences?expand=details")).text;
    control.configure({ numericRetcode: true, confIdsAs: "text", confInfosShape: "array", unknownFields: true });
    try {
      assert.equal((await device.get("/conferences?expand=details")).text, plain);
      assert.equal((await device.get("/conferences")).body.conferences[2].id, "9007199254740993");
    } finally {
      control.configure({ numericRetcode: false, confIdsAs: "number", confInfosShape: "object", unknownFields: false });
    }
  });

  test("answers of another shape are gateway-bad-response", async () => {
    const { control } = pair.simulator;
    const bodies = [
      { retcode: "0", message: "", result: { confIds: 5 } },
      { retcode: "0", message: "", result: { confIds: ["12a"] } },
      { retcode: "0", message: "", result: { confIds: [-1] } },
      { retcode: "0", message: "", result: { confIds: [1.5] } },
      { retcode: "0", message: "", result: { confIds: [null] } },
      { retcode: "0", message: "", result: [1] },
      { message: "", result: { confIds: [] } },
      { retcode: true, result: { confIds: [] } },
      [],
      null,
      "0",
    ];
    for (const body of bodies) {
      control.addFault({ kind: "shape", on: "queryvdnconfid", body: JSON.stringify(body), times: 1 });
      assertProblem(await device.get("/conferences"), 502, "gateway-bad-response");
    }
    control.addFault({ kind: "shape", on: "queryconfinfos", body: '{"retcode":"0","result":{"confs":7}}', times: 1 });
    assertProblem(await device.get("/conferences/355840"), 502, "gateway-bad-response");
    assert.equal((await device.get("/conferences")).status, 200, "nothing of it ends the session");
  });

  test("an agent who is no inspector gets not-an-inspector and stays signed in", async () => {
    const other = await signedInDevice(pair.url, { sub: "user-2" }, { agentId: "1202" });
    for (const path of ["/conferences", "/conferences?expand=details"]) {
      const answer = await other.get(path);
      assertProblem(answer, 403, "not-an-inspector");
      assert.equal(answer.body.retcode, "101-004");
    }
    const session = await other.get("/session");
    assert.deepEqual([session.status, session.body.inspector], [200, false]);
  });

  test("another VDN's inspector sees that VDN's conferences", async () => {
    const other = await signedInDevice(pair.url, { sub: "user-3" }, { agentId: "1301" });
    assert.equal((await other.get("/conferences")).text, '{"conferences":[{"id":"1030400"}]}');
  });

  test("the agent cannot be named by the client", async () => {
    const answer = await device
      .get("/conferences?agentId=1301&vdnId=2")
      .set("Guid", "x")
      .set("X-Agent-Id", "1301")
      .set("Cookie", "JSESSIONID=x");
    assert.equal(answer.body.conferences[0].id, "355840");
  });

  test("HEAD answers with the headers of GET and without a body", async () => {
    const [head, get] = [await device.send("head", "/conferences"), await device.get("/conferences")];
    assert.deepEqual([head.status, head.text ?? "", head.headers.etag], [200, "", get.headers.etag]);
  });

  test("without a token, with a bad one, and without a session it is 401", async () => {
    for (const path of ["/conferences", "/conferences/1", "/conferences/stream"]) {
      assertProblem(await request(pair.url).get(path), 401, "token-missing");
      assertProblem(await request(pair.url).get(path).set("Authorization", "Bearer abc"), 401, "token-invalid");
      const expired = new Device(pair.url, { exp: 1_000 });
      assertProblem(await expired.get(path), 401, "token-expired");
      assertProblem(await new Device(pair.url).get(path), 401, "session-not-found");
      const trusted = await request(pair.url).get(path).set("Authorization", `Bearer ${serviceToken()}`);
      assertProblem(trusted, 401, "session-not-found");
    }
  });

  test("no call of all this broke a rule of the gateway", () => {
    assert.deepEqual(pair.simulator.control.violations().recent, []);
  });
});
