import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { problemCodes } from "../../src/problems.ts";
import type { MarkedSecrets } from "../support/marked-secrets.ts";
import { answerJson, type RawAnswer } from "../support/raw-gateway.ts";
import { operations, type ScriptedGateway } from "../support/scripted-gateway.ts";
import { appToken } from "../support/service.ts";
import { until } from "../support/until.ts";

export const marks = {
  guid: "mArKgUiD0123456789abcdef.AgentGateway0",
  rotatedGuid: "mArKrOtAtEd0123456789abcdef.AgentGateway1",
  boundGuid: "mArKbOuNd0123456789abcdef.AgentGateway0",
  gatewayCookie: "mArKcOoKiE0123456789abcdef",
  boundCookie: "mArKbOuNdCoOkIe0123456789abcdef",
  password: 'mArKpAsSwOrD0123"\\<&%é',
} as const;

/** Every answer that a client got, in the form in which it is searched. */
export interface Answer {
  readonly what: string;
  readonly status: number;
  readonly text: string;
  /** Secrets that this very answer is there to hand over. */
  readonly delivers: readonly string[];
}

/** A user's own password, without what escaping changes. */
const password = "mArKpAsSwOrD0123";

export function markAll(secrets: MarkedSecrets): void {
  for (const [name, secret] of Object.entries(marks)) secrets.add(name, secret === marks.password ? password : secret);
}

/** Answers that say back what they were sent, as error pages and logs of servers do. */
function echoes(): [what: string, answer: RawAnswer][] {
  const echo = (request: { headers: object; body: string; path: string }): string =>
    `${JSON.stringify(request.headers)} ${request.body} ${request.path} ${marks.guid} ${marks.gatewayCookie} ${marks.password}`;
  const page = (status: number, headers: Record<string, string> = {}): RawAnswer => {
    return (response, request) => {
      response.writeHead(status, { "Content-Type": "text/html", ...headers });
      response.end(`<html><pre>${echo(request)}</pre></html>`);
    };
  };
  const body =
    (make: (said: string) => unknown): RawAnswer =>
    (response, request) =>
      answerJson(make(echo(request)))(response, request);
  return [
    ["a page with status 200", page(200)],
    ["a page with status 500", page(500)],
    ["a page with status 503", page(503, { "Retry-After": marks.guid })],
    ["a redirection", page(302, { Location: `/${marks.guid}?${marks.gatewayCookie}` })],
    ["an odd charset", page(200, { "Content-Type": `application/json; charset=${marks.guid}` })],
    ["a Guid that is none", page(200, { "Set-GUID": `JSESSIONID=${marks.guid} ${marks.guid}` })],
    ["a cookie that is none", page(200, { "Set-Cookie": `a b=${marks.gatewayCookie} x; Path=/` })],
    ["a refusal with a message", body((message) => ({ message, retcode: "100-003", result: message }))],
    ["an unknown refusal", body((message) => ({ message, retcode: "999-999", detail: message }))],
    ["a retcode that is none", body((said) => ({ message: "", retcode: said }))],
    ["a wrong shape", body((said) => ({ message: "", retcode: "0", result: said, event: said }))],
    ["wrong ids", body((said) => ({ retcode: "0", result: { confIds: [said], confs: [{ confId: said }] } }))],
    ["a wrong event", body((said) => ({ retcode: "0", event: { eventType: said, workNo: said, content: said } }))],
    [
      "an event with a Guid",
      body((said) => ({ retcode: "0", event: { eventType: "A", content: { said, of: marks.guid } } })),
    ],
    [
      "an answer that is cut off",
      (response, request) => {
        response.writeHead(200, { "Content-Length": "100000" });
        response.write(echo(request));
        setTimeout(() => response.socket?.destroy(), 10);
      },
    ],
    [
      "bytes that are no HTTP",
      (response) => void response.socket?.end(`HTTP/9 ${marks.guid} ${marks.password}\r\n\r\n`),
    ],
    ["a reset", (response) => void response.socket?.resetAndDestroy()],
  ];
}

interface Drive {
  readonly url: string;
  readonly gateway: ScriptedGateway;
  readonly secrets: MarkedSecrets;
  readonly answers: Answer[];
}

type Headers = Readonly<Record<string, string>>;

interface Sent {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly cookie: string;
}

/** One request, remembered with all that came back. */
export async function send(
  { url, answers }: Pick<Drive, "url" | "answers">,
  method: string,
  path: string,
  headers: Headers = {},
  body?: unknown,
  delivers: readonly string[] = [],
): Promise<Sent> {
  const json = body === undefined ? {} : { "Content-Type": "application/json" };
  const text = body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body);
  const answer = await fetch(url + path, { method, headers: { ...json, ...headers }, body: text, redirect: "manual" });
  const answered = await answer.text();
  const head = [...answer.headers].map((pair) => pair.join(": ")).join("\n");
  answers.push({ what: `${method} ${path}`, status: answer.status, text: `${head}\n\n${answered}`, delivers });
  const isJson = answer.headers.get("content-type")?.includes("json") === true;
  return {
    status: answer.status,
    body: isJson && answered !== "" ? (JSON.parse(answered) as Record<string, unknown>) : {},
    cookie: answer.headers.get("set-cookie") ?? "",
  };
}

/** What came of a stream within a moment. */
async function listen(drive: Drive, path: string, headers: Headers, ms: number): Promise<void> {
  const leave = new AbortController();
  const answer = await fetch(drive.url + path, { headers, signal: leave.signal });
  let text = "";
  const reading = (async () => {
    for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString();
  })().catch(() => undefined);
  await wait(ms);
  leave.abort();
  await reading;
  drive.answers.push({ what: `stream ${path}`, status: answer.status, text, delivers: [] });
}

export const bearer = (token: string): Headers => ({ Authorization: `Bearer ${token}` });
export const signInBody = (fields: object = {}): object => ({
  agentId: "1201",
  password: marks.password,
  phoneNumber: "40038",
  ...fields,
});

/** Marks a token by its signature: its payload names users, which is no secret. */
function marked(drive: Drive, name: string, token: string): string {
  drive.secrets.add(name, token.split(".")[2] ?? "");
  return token;
}

/** Every operation in its good and its bad ways, against a gateway that says back all that it is told. */
export async function driveEveryPath(drive: Drive): Promise<void> {
  const { gateway, secrets } = drive;
  const call = (method: string, path: string, headers?: Headers, body?: unknown): Promise<Sent> =>
    send(drive, method, path, headers, body);
  const app = bearer(marked(drive, "app token", appToken({ sub: "user-1", sid: "device-1" })));
  const backend = bearer(marked(drive, "service token", appToken({ sub: "portal", scope: "sessions:write" })));

  // So many failures open the circuit breaker; a trial a little later closes it.
  const recovered = (): Promise<void> =>
    until(async () => (await call("GET", "/conferences", app)).status === 200, 10_000);

  // Signed in, through all that a gateway can say to it.
  for (const [, answer] of echoes()) {
    gateway.script({ "sign-in": answer });
    await call("POST", "/session", app, signInBody());
  }
  for (const retcode of ["100-002", "100-004", "100-020", "100-021", "110-016", "000-003"]) {
    gateway.script({ "sign-in": answerJson({ message: marks.password, retcode }) });
    await call("POST", "/session", app, signInBody());
  }
  gateway.reset();
  await until(async () => (await call("POST", "/session", app, signInBody())).status === 201, 10_000);
  assert.equal((await call("POST", "/session", app, signInBody())).status, 200);

  // Asked, listened to, and rotated.
  const rotating: RawAnswer = answerJson(
    {
      message: marks.rotatedGuid,
      retcode: "0",
      event: { eventType: "AgentState_Ready", workNo: "1201", content: null },
    },
    { "Set-GUID": `JSESSIONID=${marks.rotatedGuid}`, "Set-Cookie": `second=${marks.gatewayCookie}; Path=/` },
  );
  gateway.script({ poll: rotating });
  await Promise.all([listen(drive, "/session/events", app, 700), listen(drive, "/conferences/stream", app, 700)]);
  gateway.reset();
  for (const path of [
    "/session",
    "/conferences",
    "/conferences?expand=details",
    "/conferences/355840",
    "/conferences/1",
  ]) {
    await call("GET", path, app);
    await call("HEAD", path, app);
  }
  for (const [, answer] of echoes()) {
    gateway.script(Object.fromEntries(operations.map((operation) => [operation, answer])));
    await call("GET", "/conferences?expand=details", app);
    await call("GET", "/conferences/355840", app);
  }
  const event = { eventType: "AgentState_Ready", content: { of: [marks.guid, marks.rotatedGuid] } };
  gateway.script({ poll: answerJson({ message: "", retcode: "0", event }) });
  await listen(drive, "/session/events", app, 700);
  gateway.script({ ids: (response) => void response.write(marks.guid) });
  await call("GET", "/conferences", app);
  await Promise.all([listen(drive, "/session/events", app, 300), listen(drive, "/conferences/stream", app, 300)]);
  await wait(500);
  gateway.reset();
  await recovered();

  // Bound by a backend, and whatever is wrong with that.
  const binding = {
    agentId: "1202",
    guid: marks.boundGuid,
    cookie: `JSESSIONID=${marks.boundCookie}`,
    subject: "user-2",
    keepAlive: "external",
  };
  assert.equal((await call("PUT", "/sessions/device-2", backend, binding)).status, 201);
  assert.equal((await call("PUT", "/sessions/device-2", backend, binding)).status, 200);
  await call("PUT", "/sessions/device-2", backend, { ...binding, guid: `${marks.boundGuid} ${marks.boundGuid}` });
  await call("PUT", "/sessions/device-2", backend, { ...binding, guid: { [marks.boundGuid]: marks.boundGuid } });
  await call("PUT", "/sessions/device-2", backend, { ...binding, cookie: `${marks.boundCookie}\r\nX: y` });
  await call("PUT", "/sessions/device-2", backend, { ...binding, agentId: marks.boundGuid, [marks.guid]: 1 });
  await call("PUT", "/sessions/device-2", backend, `{"guid":"${marks.boundGuid}`);
  await call("PUT", "/sessions/device-2", app, binding);
  await call("GET", "/sessions", backend);
  await call("GET", `/sessions?subject=user-2&agentId=${marks.boundGuid}`, backend);
  const bound = bearer(marked(drive, "bound token", appToken({ sub: "user-2", sid: "device-2" })));
  await call("GET", "/conferences", bound);
  gateway.script({ ids: answerJson({ message: marks.boundGuid, retcode: "000-003" }) });
  await call("GET", "/conferences", bound);
  gateway.reset();

  // The service's own tokens, in the body and as a cookie.
  const own = await send(drive, "POST", "/session", {}, signInBody({ force: true }), ["own token"]);
  assert.equal(own.status, 201);
  const ownToken = marked(drive, "own token", String(own.body.token));
  const page = { "X-CSRF": "1", Origin: drive.url };
  const byCookie = await send(drive, "POST", "/session", page, signInBody({ force: true, delivery: "cookie" }), [
    "cookie",
  ]);
  assert.equal(byCookie.status, 201);
  const cookie = marked(drive, "cookie", /__Host-session=([^;]+)/.exec(byCookie.cookie)?.[1] ?? "");
  for (const headers of [bearer(ownToken), { Cookie: `__Host-session=${cookie}` }]) {
    await call("GET", "/session", headers);
    await call("GET", "/conferences", headers);
    await call("DELETE", "/session", headers);
  }
  await call("POST", "/session", { Cookie: `__Host-session=${cookie}` }, signInBody({ delivery: "cookie" }));
  await call("POST", "/session", {}, signInBody({ password: `${marks.password}\n`, force: marks.password }));
  await call("POST", "/session", {}, { agentId: marks.password, [marks.password]: marks.password });
  await call("POST", "/session", {}, `{"password":"${password}`);
  await call("POST", "/session", { "Content-Type": `text/plain; a=${password}` }, `password=${password}`);
  await call("POST", "/session", { "Content-Encoding": password }, signInBody());
  await call("POST", "/session", {}, signInBody({ password: password.repeat(5_000) }));

  // Tokens that are none.
  const [head, payload, signature] = String(app.Authorization).slice(7).split(".");
  secrets.add("spoilt token", `X${signature?.slice(1)}`);
  const expired = marked(drive, "expired token", appToken({ exp: 1 }));
  const spoilt = [
    `${head}.${payload}.X${signature?.slice(1)}`,
    `${head}.${payload}`,
    `${ownToken}${ownToken}`,
    expired,
    marked(drive, "unbound token", appToken()),
    "x".repeat(9_000),
  ];
  for (const token of spoilt) {
    await call("GET", "/session", bearer(token));
    await call("GET", "/sessions", bearer(token));
    await call("DELETE", "/session", { Cookie: `__Host-session=${token}; __Host-session=${token}` });
    await call("POST", "/session", bearer(token), signInBody());
  }
  await call("GET", "/session", { Authorization: `Basic ${Buffer.from(`u:${password}`).toString("base64")}` });

  // What is for anyone, and what is not there.
  for (const path of ["/", "/livez", "/readyz", "/metrics", "/openapi.json", "/docs", "/nothing"])
    await call("GET", path);
  for (const code of [...problemCodes, marks.guid]) await call("GET", `/problems/${code}`);
  await call("PATCH", "/session", app);
  await call("OPTIONS", "/conferences", { Origin: "https://a.example", "Access-Control-Request-Method": "GET" });
  await call("GET", `/${ownToken}%zz?token=${ownToken}`, app);
  await call("GET", "/conferences/none", app);
  await call("GET", "/conferences?expand=all", app);

  // And out again, with a gateway that fails at it.
  await call("POST", "/session", app, signInBody({ force: true }));
  for (const [what, answer] of echoes().slice(0, 4)) {
    gateway.script({ "sign-out": answer });
    assert.equal((await call("DELETE", "/session", app)).status, 204, what);
    gateway.reset();
    assert.equal((await call("POST", "/session", app, signInBody())).status, 201, what);
  }
  await call("DELETE", "/sessions/device-2", backend);
  await call("DELETE", "/sessions?subject=user-1", backend);
  await call("DELETE", "/sessions", backend);
}
