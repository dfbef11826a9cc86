import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createClient, isProblem, ProblemError } from "../../client/index.js";
import { badGateway, json, problem, type StubAnswer, type StubService, startStubService } from "./stub-service.ts";

let service: StubService;
before(async () => {
  service = await startStubService(json({}));
});
after(() => service.close());

const client = (options: Parameters<typeof createClient>[0] = {}) =>
  createClient({ baseUrl: service.url, token: "the-token", ...options });
const last = () => {
  const { method, path, body } = service.requests.at(-1) ?? {};
  return body === undefined ? `${method} ${path}` : `${method} ${path} ${JSON.stringify(body)}`;
};
const failure = async (call: Promise<unknown>): Promise<ProblemError> => {
  const error = await call.then(
    () => assert.fail("it did not fail"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ProblemError, String(error));
  return error;
};

test("each method is one request of the interface", async () => {
  const it = client();
  const { conference, sessions } = it;
  const agent = { kind: "agent", address: "1202" } as const;
  const phone = { kind: "phone", address: "+49 5/1" } as const;
  const calls: [Promise<unknown>, string][] = [
    [it.list(), "GET /conferences"],
    [it.list({ details: true }), "GET /conferences?expand=details"],
    [it.get("9007199254740993"), "GET /conferences/9007199254740993"],
    [it.session(), "GET /session"],
    [it.signOut(), "DELETE /session"],
    [it.signOut({ force: true }), "DELETE /session?force=true"],
    [conference.apply({ seats: 8, minutes: 60 }), 'POST /conference {"seats":8,"minutes":60}'],
    [conference.get(), "GET /conference"],
    [conference.change({ addMinutes: 30 }), 'PATCH /conference {"addMinutes":30}'],
    [conference.change({ chair: "1202" }), 'PATCH /conference {"chair":"1202"}'],
    [conference.end(), "DELETE /conference"],
    [conference.answer(), "POST /conference/answer"],
    [conference.reject(), "POST /conference/reject"],
    [conference.leave(), "POST /conference/leave"],
    [
      conference.invite([agent], { callerNumber: "5" }),
      'POST /conference/participants {"participants":[{"kind":"agent","address":"1202"}],"callerNumber":"5"}',
    ],
    [
      conference.changeParticipant(phone, { audio: "listen" }),
      'PATCH /conference/participants/phone/%2B49%205%2F1 {"audio":"listen"}',
    ],
    [
      conference.changeParticipant(agent, { held: true, announcement: "a" }),
      'PATCH /conference/participants/agent/1202 {"held":true,"announcement":"a"}',
    ],
    [conference.remove(agent), "DELETE /conference/participants/agent/1202"],
    [conference.announce({ file: "a" }), 'POST /conference/announcement {"file":"a"}'],
    [
      conference.announce({ file: "a", background: true }, { to: agent }),
      'POST /conference/participants/agent/1202/announcement {"file":"a","background":true}',
    ],
    [conference.stopAnnouncement(), "DELETE /conference/announcement"],
    [conference.stopAnnouncement({ to: agent }), "DELETE /conference/participants/agent/1202/announcement"],
    [it.agent("saybusy", { reason: 201 }), 'POST /agent/saybusy {"reason":201}'],
    [it.agent("sayfree"), "POST /agent/sayfree {}"],
    [
      sessions.bind("device 1", { agentId: "1201", guid: "g" }),
      'PUT /sessions/device%201 {"agentId":"1201","guid":"g"}',
    ],
    [sessions.list(), "GET /sessions"],
    [sessions.list({ subject: "u 1", agentId: "1201" }), "GET /sessions?subject=u+1&agentId=1201"],
    [sessions.list({ issuer: "own" }), "GET /sessions?issuer=own"],
    [it.agents(), "GET /agents"],
    [it.agents({ after: "1201" }), "GET /agents?after=1201"],
    [it.problems(), "GET /problems"],
    [it.explain("agent-busy"), "GET /problems/agent-busy"],
    [sessions.revoke("d"), "DELETE /sessions/d"],
    [sessions.revokeSubject("u&1"), "DELETE /sessions?subject=u%261"],
    [sessions.revokeSubject("u", { issuer: "app" }), "DELETE /sessions?issuer=app&subject=u"],
  ];
  const seen = service.requests.length;
  await Promise.all(calls.map(([call]) => call));
  const sent = service.requests
    .slice(seen)
    .map(({ method, path, body }) => `${method} ${path}${body === undefined ? "" : ` ${JSON.stringify(body)}`}`);
  assert.deepEqual(sent.toSorted(), calls.map(([, request]) => request).toSorted());
  assert.ok(service.requests.slice(seen).every(({ headers }) => headers.authorization === "Bearer the-token"));
});

test("a call's own request id is sent, and none otherwise", async () => {
  await client().list({ requestId: "mine-7" });
  assert.equal(service.requests.at(-1)?.headers["x-request-id"], "mine-7");
  await client().list();
  assert.equal(service.requests.at(-1)?.headers["x-request-id"], undefined);
});

test("a service under a path is asked under that path", async () => {
  await client({ baseUrl: `${service.url}/bff` }).list();
  assert.equal(last(), "GET /bff/conferences");
  await client({ baseUrl: new URL(`${service.url}/bff/?x#y`) }).get("1");
  assert.equal(last(), "GET /bff/conferences/1");
});

test("a problem is an error with its code, and tells what there is to tell", async () => {
  const errors = [{ path: "agentId", message: "must be an agent id" }];
  service.answerWith(problem("invalid-request", 400, { errors, retcode: "000-002", outcome: "not-done" }));
  const error = await failure(client().list());
  assert.ok(isProblem(error, "invalid-request", "csrf"));
  assert.equal(isProblem(error, "csrf"), false);
  assert.deepEqual(error.errors, errors);
  const { code, status, detail, requestId, retcode, outcome, message } = error;
  assert.deepEqual(
    { code, status, detail, requestId, retcode, outcome, message },
    {
      code: "invalid-request",
      status: 400,
      detail: "invalid-request.",
      requestId: "r",
      retcode: "000-002",
      outcome: "not-done",
      message: "invalid-request.",
    },
  );
  assert.deepEqual([error.passes, error.endsSession], [false, false]);
});

test("Retry-After is told in milliseconds, as seconds and as a date", async () => {
  service.answerWith(problem("rate-limited", 429, {}, { "Retry-After": "3" }));
  const limited = await failure(client().list());
  assert.deepEqual([limited.retryAfterMs, limited.passes], [3_000, true]);
  const date = new Date(Date.now() + 60_000).toUTCString();
  service.answerWith(problem("gateway-unavailable", 503, {}, { "Retry-After": date }));
  const { retryAfterMs } = await failure(client().list());
  assert.ok(retryAfterMs !== null && retryAfterMs > 55_000 && retryAfterMs <= 60_000, String(retryAfterMs));
});

test("what somebody on the way answers is told apart from the service", async () => {
  service.answerWith(badGateway(502));
  const bad = await failure(client().list());
  assert.deepEqual([bad.code, bad.status, bad.passes], ["not-the-service", 502, true]);
  service.answerWith((response) => {
    response.writeHead(200, { "Content-Type": "text/html" });
    response.end("<h1>Sign in to the proxy</h1>");
  });
  assert.equal((await failure(client().list())).code, "not-the-service");
});

test("no answer, a cut one and a late one are no-answer", async () => {
  service.answerWith((response) => response.destroy());
  assert.equal((await failure(client().list())).code, "no-answer");
  service.answerWith((response) => {
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": "100" });
    response.write('{"conferences":[');
    setTimeout(() => response.destroy(), 20);
  });
  assert.equal((await failure(client().list())).code, "no-answer");
  service.answerWith(() => undefined);
  assert.equal((await failure(client({ timeoutMs: 50 }).list())).code, "no-answer");
});

test("a call that is given up rejects with the caller's own reason", async () => {
  service.answerWith(() => undefined);
  const leaving = new AbortController();
  const call = client().list({ signal: leaving.signal });
  leaving.abort(new Error("enough"));
  await assert.rejects(call, /enough/);
});

test("a caller's own time limit is the caller's reason, before the answer, within it and within a problem", async () => {
  const begun =
    (status: number): StubAnswer =>
    (response) => {
      response.writeHead(status, { "Content-Type": "application/json" });
      response.write("{");
    };
  for (const answer of [() => undefined, begun(200), begun(500)]) {
    service.answerWith(answer);
    await assert.rejects(client().list({ signal: AbortSignal.timeout(40) }), { name: "TimeoutError" });
    assert.equal((await failure(client({ timeoutMs: 40 }).list())).code, "no-answer");
  }
});

test("a token function that hangs holds up nobody who gives the call up, and no longer than an answer may take", async () => {
  const token = () => new Promise<string>(() => undefined);
  const leaving = new AbortController();
  const call = client({ token }).list({ signal: leaving.signal });
  leaving.abort(new Error("enough"));
  await assert.rejects(call, /enough/);
  assert.equal((await failure(client({ token, timeoutMs: 40 }).list())).code, "no-answer");
});

test("a token function is asked for a fresh one when the service calls its token expired, and only then", async () => {
  const asked: (string | undefined)[] = [];
  const token = (refused?: string) => {
    asked.push(refused);
    return refused === undefined ? "old" : "new";
  };
  service.answerWith((response, request) => {
    if (request.headers.authorization === "Bearer old") problem("token-expired", 401)(response, request);
    else json({ conferences: [] })(response, request);
  });
  assert.deepEqual(await client({ token }).list(), { conferences: [] });
  assert.deepEqual(asked, [undefined, "old"]);
  service.answerWith(problem("token-invalid", 401));
  assert.equal((await failure(client({ token }).list())).code, "token-invalid");
  assert.deepEqual(asked, [undefined, "old", undefined]);
});

test("the token that a sign-in brings is used from then on", async () => {
  const it = createClient({ baseUrl: service.url });
  service.answerWith(json({ agentId: "1201", token: "brought" }, 201));
  await it.signIn({ agentId: "1201", password: "p", phoneNumber: "1" });
  assert.equal(service.requests.at(-1)?.headers.authorization, undefined);
  await it.list();
  assert.equal(service.requests.at(-1)?.headers.authorization, "Bearer brought");
});

test("by cookie a sign-in asks for the cookie, and changes carry what the service wants to see", async () => {
  const it = createClient({ baseUrl: service.url, cookie: "__Host-session=x" });
  service.answerWith(json({}));
  await it.signIn({ agentId: "1201", password: "p", phoneNumber: "1" });
  assert.match(last(), /"delivery":"cookie"/);
  await it.signOut();
  const { headers } = service.requests.at(-1) ?? {};
  assert.deepEqual([headers?.cookie, headers?.["x-csrf"], headers?.origin], ["__Host-session=x", "1", service.url]);
  await it.list();
  assert.equal(service.requests.at(-1)?.headers["x-csrf"], undefined);
});

test("an app's token is exchanged for the cookie by a sign-in that may set one", async () => {
  service.answerWith(json({}, 201));
  const modes: unknown[] = [];
  const observed: typeof fetch = (url, request) => {
    modes.push(request?.credentials);
    return fetch(url, request);
  };
  await client({ fetch: observed }).signIn({ agentId: "1201", password: "p", phoneNumber: "1", delivery: "cookie" });
  const { headers } = service.requests.at(-1) ?? {};
  assert.deepEqual([headers?.authorization, headers?.["x-csrf"]], ["Bearer the-token", "1"]);
  assert.deepEqual(modes, ["include"], "or a browser would not keep it");
});
