import assert from "node:assert/strict";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import request, { type Test } from "supertest";
import { assertProblem, Device, signedInDevice } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { appToken, startPair } from "../support/service.ts";
import { until } from "../support/until.ts";

describe("sessions that a trusted backend binds", async () => {
  const pair = await startPair({ simulator: { pollHoldMs: 200, guidOverlapMs: 0 } });
  const { control } = pair.simulator;
  const backendToken = appToken({ sub: "portal", sid: undefined, scope: "openid sessions:write other" });
  const backend = (method: "get" | "put" | "delete", path: string): Test =>
    request(pair.url)[method](path).set("Authorization", `Bearer ${backendToken}`);
  const bind = (sid: string, body: object): Test => backend("put", `/sessions/${sid}`).send(body);
  const userOf = (sid: string, sub = "user-1"): Device => new Device(pair.url, { sid, sub });
  const listed = async (query = "") => (await backend("get", `/sessions${query}`)).body.sessions as Listed[];

  interface Listed {
    readonly sessionId: string;
    readonly subject: string | null;
    readonly agentId: string;
    readonly keepAlive: string;
    readonly state: string;
  }

  let { guid, cookie } = control.signIn("1201");
  beforeEach(() => {
    ({ guid, cookie } = control.signIn("1201"));
    control.clearCounters();
  });
  afterEach(async () => {
    control.clearFaults();
    for (const { sessionId } of await listed()) {
      assert.equal((await backend("delete", `/sessions/${encodeURIComponent(sessionId)}`)).status, 204);
    }
  });
  after(() => pair.close());

  test("a bound session works with the user's own token, and answers 201", async () => {
    const answer = await bind("device-1", { agentId: "1201", guid, subject: "user-1", cookie });
    assert.equal(answer.status, 201);
    const { createdAt, expiresAt, ...rest } = answer.body;
    assert.deepEqual(rest, {
      sessionId: "device-1",
      issuer: "app",
      subject: "user-1",
      agentId: "1201",
      keepAlive: "managed",
      state: "active",
    });
    assert.ok(Date.parse(expiresAt) > Date.parse(createdAt));
    const user = userOf("device-1");
    const session = await user.get("/session");
    assert.deepEqual([session.body.vdnId, session.body.inspector], [null, null], "null until known");
    assert.equal((await user.get("/conferences")).status, 200);
    assert.equal((await user.get("/session")).body.inspector, true);
    assertProblem(await userOf("device-1", "user-2").get("/conferences"), 401, "session-not-found");
  });

  test("a managed agent is polled from then on, and its rotations are followed", async () => {
    await bind("device-1", { agentId: "1201", guid });
    for (let round = 0; round < 300 && control.state().heldPolls === 0; round++) await wait(10);
    control.rotate("1201");
    assert.equal((await userOf("device-1").get("/conferences")).status, 200);
    assert.equal(control.state().counters.rotations, 1);
    assert.equal((await userOf("device-1").delete("/session")).status, 204);
    assert.equal(control.agent("1201").signedIn, false, "and it is signed out with its last session");
  });

  test("an external agent is never polled and never signed out", async () => {
    const answer = await bind("device-1", { agentId: "1201", guid, keepAlive: "external" });
    assert.equal(answer.body.keepAlive, "external");
    const user = userOf("device-1");
    assert.equal((await user.get("/conferences")).status, 200);
    await wait(700);
    assert.equal((await user.delete("/session")).status, 204);
    const { poll, logout, forcelogout } = control.state().calls;
    assert.deepEqual([poll, logout, forcelogout], [0, 0, 0]);
    assert.equal(control.agent("1201").signedIn, true);
  });

  test("000-003 does not end an external session: 401 until the next PUT, whose stream goes on", async () => {
    await bind("device-1", { agentId: "1201", guid, keepAlive: "external" });
    const user = userOf("device-1");
    control.invalidate("1201");
    for (let count = 0; count < 2; count++) {
      assertProblem(await user.get("/conferences"), 401, "session-expired");
    }
    assert.equal((await user.get("/session")).body.state, "expired");
    assert.equal((await listed())[0]?.state, "expired");
    const events = await EventStreamReader.open(`${pair.url}/session/events`, {
      authorization: `Bearer ${user.token}`,
    });
    assert.equal(((await events.next("state")).data as { state: string }).state, "expired");
    const renewed = await bind("device-1", {
      agentId: "1201",
      guid: control.agent("1201").guid,
      keepAlive: "external",
    });
    assert.equal(renewed.status, 200);
    assert.equal(((await events.next("state")).data as { state: string }).state, "active");
    assert.equal((await user.get("/conferences")).status, 200);
    await wait(100);
    assert.equal(events.ended, false);
    events.close();
  });

  test("the same Guid again after a refusal makes the session active again", async () => {
    await bind("device-1", { agentId: "1201", guid, keepAlive: "external" });
    control.addFault({ kind: "retcode", retcode: "000-003", on: "queryvdnconfid", times: 2 });
    assertProblem(await userOf("device-1").get("/conferences"), 401, "session-expired");
    await bind("device-1", { agentId: "1201", guid, keepAlive: "external" });
    control.clearFaults();
    assert.equal((await userOf("device-1").get("/conferences")).status, 200);
  });

  test("replacing a session is 200; under another subject the one before has lost it, streams included", async () => {
    assert.equal((await bind("device-1", { agentId: "1201", guid, subject: "user-1" })).status, 201);
    const first = userOf("device-1");
    const stream = await EventStreamReader.open(`${pair.url}/conferences/stream`, {
      authorization: `Bearer ${first.token}`,
    });
    await stream.next("conferences");
    assert.equal((await bind("device-1", { agentId: "1201", guid, subject: "user-1" })).status, 200);
    await wait(50);
    assert.equal(stream.ended, false, "bound anew, it is the same session");
    assert.equal((await bind("device-1", { agentId: "1201", guid, subject: "user-2" })).status, 200);
    assert.deepEqual((await stream.next("session-ended")).data, { reason: "replaced" });
    assertProblem(await first.get("/session"), 401, "session-not-found");
    assert.equal((await userOf("device-1", "user-2").get("/conferences")).status, 200);
  });

  test("a session that moves to another agent leaves the one before, who is signed out", async () => {
    await bind("device-1", { agentId: "1201", guid });
    const other = control.signIn("1204");
    assert.equal((await bind("device-1", { agentId: "1204", guid: other.guid })).status, 200);
    assert.equal((await userOf("device-1").get("/session")).body.agentId, "1204");
    assert.equal(control.agent("1201").signedIn, false);
  });

  test("without a subject any subject of the issuer may use it", async () => {
    const answer = await bind("device-1", { agentId: "1201", guid });
    assert.equal(answer.body.subject, null);
    for (const sub of ["user-1", "user-2"]) {
      assert.equal((await userOf("device-1", sub).get("/session")).status, 200);
    }
  });

  test("joins an agent's session: the same Guid changes nothing about who keeps it alive", async () => {
    control.kick("1201");
    const phone = await signedInDevice(pair.url);
    const current = control.agent("1201").guid;
    const joined = await bind("device-1", { agentId: "1201", guid: current, subject: "user-2", keepAlive: "external" });
    assert.deepEqual([joined.status, joined.body.keepAlive], [201, "managed"]);
    assert.equal((await userOf("device-1", "user-2").get("/session")).body.vdnId, "1");
    for (const device of [phone, userOf("device-1", "user-2")]) {
      assert.equal((await device.get("/conferences")).status, 200);
    }
    assert.equal((await phone.delete("/session")).status, 204);
    assert.equal((await userOf("device-1", "user-2").get("/conferences")).status, 200);
  });

  test("another Guid replaces the agent's as a newer version, for every device of the agent", async () => {
    await bind("device-1", { agentId: "1201", guid, subject: "user-1" });
    control.invalidate("1201");
    const newer = control.agent("1201").guid;
    const answer = await bind("device-2", { agentId: "1201", guid: newer, subject: "user-1", keepAlive: "external" });
    assert.deepEqual([answer.status, answer.body.keepAlive], [201, "external"]);
    for (const sid of ["device-1", "device-2"]) {
      assert.equal((await userOf(sid).get("/conferences")).status, 200);
    }
  });

  test("cookies that the gateway asks for go with every call", async () => {
    control.configure({ requireCookies: true });
    try {
      await bind("device-1", { agentId: "1201", guid, cookie });
      assert.equal((await userOf("device-1").get("/conferences")).status, 200);
    } finally {
      control.configure({ requireCookies: false });
    }
  });

  test("the list names sessions by subject and agent, and holds no secret", async () => {
    await bind("device-1", { agentId: "1201", guid, cookie, subject: "user-1" });
    await bind("device-2", { agentId: "1201", guid, subject: "user-2" });
    const other = control.signIn("1204");
    await bind("device-3", { agentId: "1204", guid: other.guid, subject: "user-1", keepAlive: "external" });
    const all = await backend("get", "/sessions");
    assert.equal(all.headers["cache-control"], "no-store");
    assert.deepEqual(Object.keys(all.body), ["sessions", "next"]);
    assert.equal(all.body.next, null);
    assert.deepEqual(Object.keys(all.body.sessions[0]), [
      "sessionId",
      "issuer",
      "subject",
      "agentId",
      "keepAlive",
      "state",
      "createdAt",
      "expiresAt",
    ]);
    for (const secret of [guid, cookie, other.guid]) assert.ok(secret !== null && !all.text.includes(secret));
    const ids = async (query: string) => (await listed(query)).map(({ sessionId }) => sessionId).sort();
    assert.deepEqual(await ids(""), ["device-1", "device-2", "device-3"]);
    assert.deepEqual(await ids("?subject=user-1"), ["device-1", "device-3"]);
    assert.deepEqual(await ids("?agentId=1204"), ["device-3"]);
    assert.deepEqual(await ids("?subject=user-2&agentId=1204"), []);
    assert.deepEqual(await ids("?subject=nobody"), []);
  });

  test("the list comes in pages of 500 at most, each session once", async () => {
    for (let from = 0; from < 620; from += 31) {
      const bound = await Promise.all(
        Array.from({ length: 31 }, (_, place) =>
          bind(`page-${from + place}`, { agentId: "1201", guid, subject: "crowd", keepAlive: "external" }),
        ),
      );
      assert.ok(bound.every(({ status }) => status === 201));
    }
    const first = await backend("get", "/sessions?subject=crowd");
    assert.equal(first.body.sessions.length, 500);
    const second = await backend("get", `/sessions?subject=crowd&after=${encodeURIComponent(first.body.next)}`);
    assert.deepEqual([second.body.sessions.length, second.body.next], [120, null]);
    const names = new Set([...first.body.sessions, ...second.body.sessions].map((one: Listed) => one.sessionId));
    assert.equal(names.size, 620);
    assert.equal((await backend("delete", "/sessions?subject=crowd")).status, 204);
    assert.deepEqual(await listed("?subject=crowd"), []);
  });

  test("revoking one session ends it at once, and the last one signs a managed agent out", async () => {
    await bind("device-1", { agentId: "1201", guid });
    const user = userOf("device-1");
    const stream = await EventStreamReader.open(`${pair.url}/conferences/stream`, {
      authorization: `Bearer ${user.token}`,
    });
    await stream.next("conferences");
    assert.equal((await backend("delete", "/sessions/device-1")).status, 204);
    assert.deepEqual((await stream.next("session-ended")).data, { reason: "revoked" });
    assertProblem(await user.get("/conferences"), 401, "session-not-found");
    await until(() => !control.agent("1201").signedIn);
    assert.equal((await backend("delete", "/sessions/device-1")).status, 204, "what is not there is revoked");
  });

  test("revoking a talking agent's session ends the session, and the call goes on", async () => {
    control.putAgent("1209", { talking: true });
    const talking = control.signIn("1209");
    await bind("device-1", { agentId: "1209", guid: talking.guid });
    assert.equal((await backend("delete", "/sessions/device-1")).status, 204);
    assertProblem(await userOf("device-1").get("/session"), 401, "session-not-found");
    assert.equal(control.agent("1209").signedIn, true);
  });

  test("revoking a subject ends all its sessions, signed in or bound, and no others", async () => {
    control.kick("1201");
    const phone = await signedInDevice(pair.url, { sub: "user-1" });
    const other = control.signIn("1204");
    await bind("device-2", { agentId: "1204", guid: other.guid, subject: "user-1" });
    await bind("device-3", { agentId: "1204", guid: other.guid, subject: "user-2" });
    assert.equal((await backend("delete", "/sessions?subject=user-1")).status, 204);
    for (const device of [phone, userOf("device-2")]) {
      assertProblem(await device.get("/session"), 401, "session-not-found");
    }
    assert.equal((await userOf("device-3", "user-2").get("/conferences")).status, 200);
    await until(() => !control.agent("1201").signedIn);
    assert.equal(control.agent("1204").signedIn, true);
  });

  test("revoking asks for one subject by name", async () => {
    for (const query of ["", "?subject=", "?subject=a&subject=b", "?agentId=1201"]) {
      const answer = await backend("delete", `/sessions${query}`);
      assertProblem(answer, 400, "invalid-request");
      assert.equal(answer.body.errors[0].path, "query.subject");
    }
  });

  test("names may hold any character but control characters", async () => {
    const name = "a/b?c#d e%f ü-✓";
    const answer = await bind(encodeURIComponent(name), { agentId: "1201", guid, subject: "ü/✓ x" });
    assert.deepEqual([answer.status, answer.body.sessionId, answer.body.subject], [201, name, "ü/✓ x"]);
    assert.equal((await userOf(name, "ü/✓ x").get("/session")).status, 200);
    assert.equal((await listed(`?subject=${encodeURIComponent("ü/✓ x")}`)).length, 1);
    assert.equal((await backend("delete", `/sessions/${encodeURIComponent(name)}`)).status, 204);
  });

  test("bad fields are 400, each named by its path", async () => {
    const good = { agentId: "1201", guid: "some-guid" };
    const cases: [string, object, string][] = [
      ["device-1", { ...good, agentId: "99" }, "agentId"],
      ["device-1", { ...good, agentId: 1201 }, "agentId"],
      ["device-1", { agentId: "1201" }, "guid"],
      ["device-1", { ...good, guid: "" }, "guid"],
      ["device-1", { ...good, guid: "x".repeat(513) }, "guid"],
      ["device-1", { ...good, guid: "a b" }, "guid"],
      ["device-1", { ...good, guid: "a\r\nb" }, "guid"],
      ["device-1", { ...good, guid: "ü" }, "guid"],
      ["device-1", { ...good, guid: 5 }, "guid"],
      ["device-1", { ...good, cookie: "x".repeat(4_097) }, "cookie"],
      ["device-1", { ...good, cookie: "a=b\r\nX: y" }, "cookie"],
      ["device-1", { ...good, cookie: null }, "cookie"],
      ["device-1", { ...good, subject: "" }, "subject"],
      ["device-1", { ...good, subject: "a\nb" }, "subject"],
      ["device-1", { ...good, subject: "\ud800" }, "subject"],
      ["device-1", { ...good, keepAlive: "never" }, "keepAlive"],
      ["x".repeat(257), good, "path.sessionId"],
      ["a%0d%0ab", good, "path.sessionId"],
      ["a%00b", good, "path.sessionId"],
    ];
    for (const [sid, body, path] of cases) {
      const answer = await bind(sid, body);
      assertProblem(answer, 400, "invalid-request");
      assert.deepEqual(
        answer.body.errors.map((error: { path: string }) => error.path),
        [path],
        JSON.stringify(body),
      );
      assert.ok(!answer.text.includes("some-guid"));
    }
    for (const query of [
      "?subject=",
      "?subject=a&subject=b",
      "?agentId=abc",
      "?agentId=1201&agentId=1204",
      "?after=",
    ]) {
      assertProblem(await backend("get", `/sessions${query}`), 400, "invalid-request");
    }
    assert.deepEqual(await listed(), []);
  });

  test("the longest Guid, cookie and names are taken", async () => {
    const body = { agentId: "1201", guid, cookie: `a=${"x".repeat(4_094)}`, subject: "s".repeat(256) };
    assert.equal((await bind("x".repeat(256), { ...body, keepAlive: "external" })).status, 201);
    const longest = await bind("device-1", { agentId: "1204", guid: "~".repeat(512) });
    assertProblem(longest, 409, "guid-refused");
  });

  test("another device bound with the Guid that the backend knows joins, though it has rotated since", async () => {
    await bind("phone", { agentId: "1201", guid, cookie });
    const [phone, tablet] = [userOf("phone"), userOf("tablet")];
    assert.equal((await phone.get("/conferences")).status, 200);
    const { rotations } = control.state().counters;
    control.rotate("1201");
    await until(() => control.state().counters.rotations > rotations);
    await until(async () => (await phone.get("/conferences")).status === 200);
    assert.equal((await bind("tablet", { agentId: "1201", guid, cookie })).status, 201);
    for (const device of [phone, tablet]) assert.equal((await device.get("/conferences")).status, 200);
  });

  test("a token without the scope may nothing here", async () => {
    for (const scope of [undefined, "", "sessions:read", "sessions:writer", "xsessions:write", [["sessions:write"]]]) {
      const token = appToken({ scope });
      for (const [method, path] of [
        ["get", "/sessions"],
        ["put", "/sessions/device-1"],
        ["delete", "/sessions/device-1"],
        ["delete", "/sessions?subject=user-1"],
      ] as const) {
        const answer = await request(pair.url)[method](path).set("Authorization", `Bearer ${token}`);
        assertProblem(answer, 403, "insufficient-scope");
        assert.match(answer.body.detail, /`scope`, `scp`, `roles` \(SERVICE_TOKEN_CLAIMS\).*\(SERVICE_TOKEN_SCOPE\)/);
      }
    }
    assertProblem(await request(pair.url).get("/sessions"), 401, "token-missing");
  });
});
