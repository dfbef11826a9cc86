import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import request, { type Response } from "supertest";
import { assertProblem, Device } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { serviceToken, startPair, startTestService } from "../support/service.ts";

const directory = mkdtempSync(join(tmpdir(), "outside-cookie-"));
const kept = { SESSION_STORE_URL: `sqlite:${join(directory, "sessions.db")}` };
const pair = await startPair({ simulator: { pollHoldMs: 200 }, environment: kept });
let { url } = pair;
after(async () => {
  await pair.close();
  rmSync(directory, { recursive: true });
});

const proof = { "X-CSRF": "1", "Sec-Fetch-Site": "same-origin" };
const backend = `Bearer ${serviceToken()}`;

const cookieOf = (answer: Response): string => answer.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";

/** A browser that has a JWT once, and the cookie from then on. */
async function signedIn(claims: Readonly<Record<string, unknown>> = {}, status = 201) {
  const device = new Device(url, claims);
  const answer = await device.signIn({ delivery: "cookie" }).set(proof);
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  assert.equal(answer.body.token, undefined);
  const cookie = cookieOf(answer);
  assert.match(cookie, /^__Host-session=[\w-]{40,3000}$/);
  return { device, answer, cookie };
}

const withCookie = (cookie: string, path = "/session", method: "get" | "delete" = "get") =>
  request(url)[method](path).set("Cookie", cookie);

describe("the cookie of a session of the outside issuer's token", () => {
  test("is the same session, for as long as the session may live, and a change needs the proof", async () => {
    const { device, answer, cookie } = await signedIn();
    assert.match(
      answer.headers["set-cookie"]?.[0] ?? "",
      /; Max-Age=43(200|199); Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    );
    const seen = await withCookie(cookie);
    assert.deepEqual([seen.status, seen.body], [200, (await device.get("/session")).body]);
    assert.equal((await withCookie(cookie, "/conferences")).status, 200);
    const stream = await EventStreamReader.open(`${url}/conferences/stream`, { cookie });
    await stream.next("conferences");
    assertProblem(await withCookie(cookie, "/session", "delete"), 403, "csrf");
    const left = await withCookie(cookie, "/session", "delete").set(proof);
    assert.match(left.headers["set-cookie"]?.[0] ?? "", /^__Host-session=; Max-Age=0/);
    await stream.next("session-ended");
    assertProblem(await device.get("/session"), 401, "session-not-found");
    assertProblem(await withCookie(cookie), 401, "session-not-found");
  });

  test("is not given without the proof, and given again where the session lives already", async () => {
    const device = new Device(url);
    assertProblem(await device.signIn({ delivery: "cookie" }), 403, "csrf");
    assert.equal((await device.signIn()).headers["set-cookie"], undefined);
    const again = await device.signIn({ delivery: "cookie" }).set(proof);
    assert.equal(again.status, 200);
    assert.equal((await withCookie(cookieOf(again))).status, 200);
    await device.delete("/session").expect(204);
  });

  test("outlives the JWT, whose own time is not its time", async () => {
    const now = Math.floor(Date.now() / 1_000);
    const { cookie, device } = await signedIn({ exp: now + 2 });
    const until = (now + 2) * 1_000 - Date.now() + 20;
    await new Promise((resolve) => setTimeout(resolve, until));
    assertProblem(await device.get("/session"), 401, "token-expired");
    assert.equal((await withCookie(cookie)).status, 200);
    await withCookie(cookie, "/session", "delete").set(proof).expect(204);
  });

  test("grants no right, whatever the JWT granted", async () => {
    const { cookie, device } = await signedIn({ scope: "sessions:write", roles: ["sessions:write"] });
    assert.equal((await device.get("/sessions")).status, 200);
    assertProblem(await withCookie(cookie, "/sessions"), 403, "insufficient-scope");
    assertProblem(await withCookie(cookie, "/agents"), 403, "insufficient-scope");
    assertProblem(await withCookie(cookie, "/sessions?subject=user-1", "delete").set(proof), 403, "insufficient-scope");
    await device.delete("/session").expect(204);
  });

  test("is no token: neither in a header nor at a sign-in does it prove anybody", async () => {
    const { cookie, device } = await signedIn({ sub: "user-1", sid: "tab-1" });
    const other = await signedIn({ sub: "user-1", sid: "tab-2" });
    const value = cookie.slice("__Host-session=".length);
    assertProblem(await request(url).get("/session").set("Authorization", `Bearer ${value}`), 401, "token-invalid");
    await device.delete("/session").expect(204);
    // Whoever has only an ended cookie must not join the session that its user has on another tab.
    const joining = await request(url)
      .post("/session")
      .set("Cookie", cookie)
      .set(proof)
      .send({ agentId: "1201", password: "wrong", phoneNumber: "40038" });
    assert.ok(joining.status === 401 || joining.status === 409, JSON.stringify(joining.body));
    assertProblem(await withCookie(cookie), 401, "session-not-found");
    await other.device.delete("/session").expect(204);
  });

  test("ends with its session, also where a later one bears the same name", async () => {
    const stays = await signedIn({ sub: "user-1", sid: "phone" });
    const first = await signedIn({ sub: "user-1", sid: "tab" });
    await first.device.delete("/session").expect(204);
    const second = await signedIn({ sub: "user-1", sid: "tab" });
    assertProblem(await withCookie(first.cookie), 401, "session-not-found");
    assert.equal((await withCookie(second.cookie)).status, 200);
    await second.device.delete("/session").expect(204);
    await stays.device.delete("/session").expect(204);
  });

  test("ends with its subject revoked, and with the session revoked", async () => {
    for (const path of ["/sessions?subject=user-7&issuer=app", "/sessions/tab-7"]) {
      const { cookie } = await signedIn({ sub: "user-7", sid: "tab-7" });
      await request(url).delete(path).set("Authorization", backend).expect(204);
      assertProblem(await withCookie(cookie), 401, "session-not-found");
    }
  });

  test("that was changed, cut off or made up is refused", async () => {
    const { cookie, device } = await signedIn();
    const changed = cookie.slice(0, -3) + (cookie.endsWith("AAA") ? "BBB" : "AAA");
    for (const wrong of [changed, cookie.slice(0, -8), "__Host-session=AAAA", `__Host-session=${"A".repeat(6_000)}`]) {
      assertProblem(await withCookie(wrong), 401, "token-invalid");
    }
    await device.delete("/session").expect(204);
  });

  test("of a session that a backend has bound goes on when the backend brings the next Guid", async () => {
    const { cookie: helper, device: other } = await signedIn({ sub: "user-1", sid: "helper" });
    assert.equal((await withCookie(helper)).status, 200);
    const { guid } = pair.simulator.control.agent("1201");
    const bind = (body: object) => request(url).put("/sessions/bound").set("Authorization", backend).send(body);
    const binding = { agentId: "1201", guid, subject: "user-1", keepAlive: "managed" };
    assert.equal((await bind(binding)).status, 201);
    const { cookie } = await signedIn({ sub: "user-1", sid: "bound" }, 200);
    assert.equal((await bind(binding)).status, 200);
    assert.equal((await withCookie(cookie)).status, 200);
    await request(url).delete("/sessions?subject=user-1&issuer=app").set("Authorization", backend).expect(204);
    assertProblem(await withCookie(cookie), 401, "session-not-found");
    assertProblem(await other.get("/session"), 401, "session-not-found");
  });

  test("of a session that a backend has bound ends with it, also where the backend binds the name again", async () => {
    // Keeps the agent's sign-in over all of it.
    const { device: phone } = await signedIn({ sub: "user-1", sid: "phone" });
    const { guid } = pair.simulator.control.agent("1201");
    const bind = async (subject: string, status: number) => {
      const body = { agentId: "1201", guid, subject, keepAlive: "managed" };
      await request(url).put("/sessions/bound").set("Authorization", backend).send(body).expect(status);
    };
    const service = (path: string) => request(url).delete(path).set("Authorization", backend).expect(204);
    const ends = {
      revoked: () => service("/sessions/bound"),
      "signed out": (cookie: string) => withCookie(cookie, "/session", "delete").set(proof).expect(204),
      "bound for somebody else between": () => bind("user-2", 200),
    };
    for (const [how, end] of Object.entries(ends)) {
      await bind("user-1", 201);
      const { cookie } = await signedIn({ sub: "user-1", sid: "bound" }, 200);
      assert.equal((await withCookie(cookie)).status, 200);
      await end(cookie);
      await bind("user-1", how.startsWith("bound") ? 200 : 201);
      assertProblem(await withCookie(cookie), 401, "session-not-found");
      assert.equal((await new Device(url, { sub: "user-1", sid: "bound" }).get("/session")).status, 200, how);
      await service("/sessions/bound");
    }
    await phone.delete("/session").expect(204);
  });

  test("of a session that is bound for any subject ends with the JWT at the latest, for no revocation ends it", async () => {
    const { device: helper } = await signedIn({ sub: "user-1", sid: "helper" });
    const { guid } = pair.simulator.control.agent("1201");
    const put = request(url).put("/sessions/anybodys").set("Authorization", backend);
    assert.equal((await put.send({ agentId: "1201", guid })).status, 201);
    const exp = Math.floor(Date.now() / 1_000) + 90;
    const { answer, cookie } = await signedIn({ sub: "user-9", sid: "anybodys", exp }, 200);
    assert.match(answer.headers["set-cookie"]?.[0] ?? "", /; Max-Age=(90|89|88);/);
    assert.equal((await withCookie(cookie)).status, 200);
    await request(url).delete("/sessions/anybodys").set("Authorization", backend).expect(204);
    assertProblem(await withCookie(cookie), 401, "session-not-found");
    await helper.delete("/session").expect(204);
  });

  test("opens after a restart, needs no TOKEN_SECRET, and is nothing where there is no outside issuer", async () => {
    const { cookie } = await signedIn({ sub: "user-1", sid: "kept" });
    await pair.service.close();
    const start = (more: Record<string, string>) =>
      startTestService(pair.simulator.url, { environment: { ...kept, ...more } });
    const alone = await start({ TOKEN_SECRET: "" });
    ({ url } = alone);
    assert.equal((await withCookie(cookie)).status, 200);
    const another = await signedIn({ sub: "user-1", sid: "another" });
    assert.equal((await withCookie(another.cookie)).status, 200);
    const signIn = request(url).post("/session").set("Cookie", cookie).set(proof);
    assertProblem(await signIn.send({ agentId: "1201", password: "x", phoneNumber: "40038" }), 401, "token-missing");
    await alone.close();
    const own = await start({ JWT_SECRET: "" });
    ({ url } = own);
    assertProblem(await withCookie(cookie), 401, "token-invalid");
    await own.close();
    assert.ok(!own.logged.join().includes(cookie.slice(15)));
  });
});
