import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describeApi } from "../../src/api-description.ts";
import { createApp } from "../../src/app.ts";
import type { ConferenceControl } from "../../src/gateway/index.ts";
import { Metrics } from "../../src/http/metrics.ts";
import { openApiDocument } from "../../src/http/openapi.ts";
import { Log } from "../../src/log.ts";
import { catalogue, isProblemCode, problemCodes } from "../../src/problems.ts";
import type { Sessions } from "../../src/sessions/index.ts";
import { systemClock } from "../../src/system-clock.ts";
import { createTokenVerifier } from "../../src/tokens/index.ts";
import { goIdle, type Pair } from "../conferences/own/stage.ts";
import { inspector, serviceToken, startPair } from "../support/service.ts";
import { allRefs, type Media, type OpenApi, operationsOf, resolved, validator } from "./openapi-document.ts";

const PROBLEM = "application/problem+json";

let service: Pair;
let document: OpenApi;

before(async () => {
  service = await startPair();
  document = (await (await fetch(`${service.url}/openapi.json`)).json()) as OpenApi;
});
after(() => service.close());

test("the document is valid OpenAPI 3.1", async () => {
  const { valid, errors } = await new Validator().validate(
    structuredClone(document) as unknown as Record<string, unknown>,
  );
  assert.ok(valid, JSON.stringify(errors));
});

test("every path and method of the interface is in the document", () => {
  const documented = operationsOf(document).map(({ path, method }) => `${method.toUpperCase()} ${path}`);
  assert.deepEqual(documented.toSorted(), [
    "DELETE /conference",
    "DELETE /conference/announcement",
    "DELETE /conference/participants/{kind}/{address}",
    "DELETE /conference/participants/{kind}/{address}/announcement",
    "DELETE /session",
    "DELETE /sessions",
    "DELETE /sessions/{sessionId}",
    "GET /",
    "GET /agents",
    "GET /conference",
    "GET /conferences",
    "GET /conferences/stream",
    "GET /conferences/{id}",
    "GET /docs",
    "GET /livez",
    "GET /metrics",
    "GET /openapi.json",
    "GET /problems",
    "GET /problems/{code}",
    "GET /readyz",
    "GET /session",
    "GET /session/events",
    "GET /sessions",
    "PATCH /conference",
    "PATCH /conference/participants/{kind}/{address}",
    "POST /conference",
    "POST /conference/announcement",
    "POST /conference/answer",
    "POST /conference/leave",
    "POST /conference/participants",
    "POST /conference/participants/{kind}/{address}/announcement",
    "POST /conference/reject",
    "POST /session",
    "PUT /sessions/{sessionId}",
  ]);
});

test("what is routed and what is in the document is the same, but for the parts of the pages", () => {
  const documented = operationsOf(document).map(({ path, method }) => `${method} ${path}`);
  const undocumented = routed().filter((one) => !documented.includes(one));
  assert.deepEqual(
    documented.filter((one) => !routed().includes(one)),
    [],
  );
  assert.deepEqual(
    undocumented.filter((one) => !/^get \/(board|docs)\/[\w./-]+$/.test(one)),
    [],
  );
});

test("each path of the document answers OPTIONS with its methods, and the others with 405", async () => {
  for (const [path, methods] of Object.entries(document.paths)) {
    const url = service.url + path.replace(/\{\w+\}/g, "1");
    const { headers } = await fetch(url, { method: "OPTIONS" });
    const named = Object.keys(methods).map((method) => method.toUpperCase());
    const expected = [...named, ...(named.includes("GET") ? ["HEAD"] : []), "OPTIONS"];
    assert.deepEqual(headers.get("allow")?.split(", ").toSorted(), expected.toSorted(), path);
    const other = named.includes("PATCH") ? "PUT" : "PATCH";
    assert.equal((await fetch(url, { method: other })).status, 405, path);
  }
});

test("the document keeps the rules of OpenAPI that tools rely on", () => {
  assert.match(document.openapi, /^3\.1\./);
  for (const ref of allRefs(document)) assert.ok(resolved(document, ref), `${ref} leads nowhere`);
  const ids = operationsOf(document).map(({ operation }) => operation.operationId);
  assert.equal(new Set(ids).size, ids.length, "an operationId is there twice");
  const tags = document.tags.map(({ name }) => name);
  for (const { path, operation } of operationsOf(document)) {
    for (const tag of operation.tags) assert.ok(tags.includes(tag), tag);
    for (const scheme of operation.security.flatMap(Object.keys)) {
      assert.ok(document.components.securitySchemes?.[scheme], scheme);
    }
    const inPath = (operation.parameters ?? []).filter((one) => one.in === "path");
    assert.ok(inPath.every(({ required }) => required));
    assert.deepEqual(
      inPath.map(({ name }) => `{${name}}`),
      path.match(/\{\w+\}/g) ?? [],
    );
    for (const { description } of Object.values(operation.responses)) assert.ok(description.length > 0);
  }
});

test("every example is as its schema says", () => {
  let checked = 0;
  const check = (schema: unknown, example: unknown, where: string): void => {
    assert.equal(validator(document, schema)(example), null, where);
    checked += 1;
  };
  const checkMedia = ({ schema, example, examples = {}, "x-events": events = {} }: Media, where: string): void => {
    if (example !== undefined) check(schema, example, where);
    for (const [name, one] of Object.entries(examples)) {
      const { value } = (one.$ref === undefined ? one : resolved(document, one.$ref)) as { value?: unknown };
      check(schema, value, `${where}, ${name}`);
    }
    for (const [name, event] of Object.entries(events)) check(event.schema, event.example, `${where}, ${name}`);
  };
  for (const { path, method, operation } of operationsOf(document)) {
    const contents = [operation.requestBody?.content, ...Object.values(operation.responses).map((one) => one.content)];
    for (const media of contents.flatMap((content) => Object.values(content ?? {}))) {
      checkMedia(media, `${method} ${path}`);
    }
  }
  assert.ok(checked > 150, `only ${checked} examples`);
});

test("a wrong example would be found", () => {
  const check = validator(document, { $ref: "#/components/schemas/Conference" });
  const media = document.paths["/conferences/{id}"]?.get?.responses["200"]?.content?.["application/json"];
  const good = media?.example as Record<string, unknown>;
  assert.equal(check(good), null);
  for (const bad of [{ state: "odd" }, { id: 355840 }, { startedAt: "yesterday" }, { undocumented: true }]) {
    assert.notEqual(check({ ...good, ...bad }), null, JSON.stringify(bad));
  }
});

test("every problem code is in the document with its own status, and an explanation of it is served", async () => {
  const seen = new Map<string, Set<number>>();
  const answers = operationsOf(document).flatMap(({ operation }) => Object.entries(operation.responses));
  const shared = Object.entries(document.components.responses ?? {}).map(([name, answer]) => [
    name === "NotFound" ? "404" : "405",
    answer,
  ]) as typeof answers;
  for (const [status, { content }] of [...answers, ...shared]) {
    for (const code of Object.keys(content?.[PROBLEM]?.examples ?? {})) {
      seen.set(code, (seen.get(code) ?? new Set()).add(Number(status)));
    }
  }
  assert.deepEqual([...seen.keys()].toSorted(), problemCodes.toSorted());
  for (const [code, statuses] of seen) {
    assert.ok(isProblemCode(code) && statuses.has(catalogue[code].status), code);
    const { title } = (await (await fetch(`${service.url}/problems/${code}`)).json()) as { title: string };
    assert.equal(title, catalogue[code].title);
  }
});

test("what the service really answers is what the document says, problems included", async () => {
  const answers: string[] = [];
  let token = "";
  const call = async (method: string, path: string, options: { body?: unknown; as?: string; to?: string } = {}) => {
    const response = await fetch(service.url + (options.to ?? path), {
      method,
      headers: {
        ...(options.as === undefined ? {} : { authorization: `Bearer ${options.as}` }),
        ...(options.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    const text = await response.text();
    const where = `${method} ${options.to ?? path} ${response.status}`;
    const answer = document.paths[path]?.[method.toLowerCase()]?.responses[response.status];
    assert.ok(answer, `${where} is not in the document`);
    for (const name of ["ETag", "WWW-Authenticate", "Retry-After"]) {
      assert.ok(!response.headers.has(name) || answer.headers?.[name], `${where}: ${name} is not in the document`);
    }
    answers.push(where);
    if (text === "") return null;
    const type = response.headers.get("content-type")?.split(";")[0] ?? "";
    const media = answer.content?.[type];
    assert.ok(media, `${where}: ${type} is not in the document`);
    if (!type.endsWith("json")) return null;
    const body = JSON.parse(text) as Record<string, unknown>;
    assert.equal(validator(document, media.schema)(body), null, where);
    return body;
  };

  token = String((await call("POST", "/session", { body: inspector }))?.token);
  await call("POST", "/session", { body: inspector });
  await call("POST", "/session", { body: { ...inspector, force: true } }).then((body) => {
    token = String(body?.token);
  });
  await call("POST", "/session", { body: { ...inspector, agentId: "1204", password: "wrong" } });
  await call("POST", "/session", { body: { agentId: 7 } });
  await call("GET", "/session", { as: token });
  await call("GET", "/session");
  const list = await call("GET", "/conferences", { as: token });
  const first = (list as { conferences: { id: string }[] } | null)?.conferences[0];
  await call("GET", "/conferences", { as: token, to: "/conferences?expand=details" });
  await call("GET", "/conferences", { as: token, to: "/conferences?expand=all" });
  await call("GET", "/conferences/{id}", { as: token, to: `/conferences/${first?.id}` });
  await call("GET", "/conferences/{id}", { as: token, to: "/conferences/77" });
  await call("GET", "/conferences/{id}", { as: "no-token", to: "/conferences/77" });
  const own = (method: string, body?: unknown, path = "/conference", to = path) =>
    call(method, path, { as: token, to, ...(body === undefined ? {} : { body }) });
  await own("GET");
  await own("POST", { seats: 8 });
  await goIdle(service.simulator, "1201");
  await own("POST", { seats: 8 });
  await own("GET");
  await own("PATCH", { addMinutes: 30 });
  await own("PATCH", { chair: "1201" });
  await own("POST", undefined, "/conference/answer");
  const one = "/conference/participants/{kind}/{address}";
  const itself = "/conference/participants/agent/1201";
  await own("POST", { participants: [{ kind: "phone", address: "70005" }] }, "/conference/participants");
  await own("PATCH", { held: true }, one, itself);
  await own("POST", { file: "y:/conf/120/1.V3" }, `${one}/announcement`, `${itself}/announcement`);
  await own("DELETE", undefined, one, "/conference/participants/phone/70099");
  await own("DELETE", undefined, one, "/conference/participants/fax/70099");
  await own("DELETE");
  const backend = serviceToken();
  const bound = { agentId: "1204", guid: "g-1", keepAlive: "external" };
  await call("PUT", "/sessions/{sessionId}", { as: backend, body: bound, to: "/sessions/device-1" });
  await call("PUT", "/sessions/{sessionId}", { as: backend, body: bound, to: "/sessions/device-1" });
  await call("PUT", "/sessions/{sessionId}", { as: token, body: bound, to: "/sessions/device-1" });
  await call("GET", "/sessions", { as: backend });
  await call("GET", "/agents", { as: backend });
  await call("DELETE", "/sessions/{sessionId}", { as: backend, to: "/sessions/device-1" });
  await call("DELETE", "/sessions", { as: backend });
  await call("DELETE", "/session", { as: token });
  for (const path of ["/livez", "/readyz", "/metrics", "/openapi.json", "/docs", "/problems", "/"])
    await call("GET", path);
  await call("GET", "/problems/{code}", { to: "/problems/csrf" });
  await call("GET", "/problems/{code}", { to: "/problems/none" });
  await call("GET", "/problems/{code}", { to: "/problems/%zz" });
  const statuses = new Set(answers.map((answer) => answer.split(" ").at(-1)));
  assert.deepEqual([...statuses].toSorted(), ["200", "201", "202", "204", "400", "401", "403", "404", "409"]);
});

test("the document and its page are kept by browsers and asked for again: 304 until they change", async () => {
  for (const path of ["/openapi.json", "/docs"]) {
    const first = await fetch(service.url + path);
    const etag = first.headers.get("etag") ?? "";
    assert.equal(first.headers.get("cache-control"), "no-cache");
    const again = await fetch(service.url + path, { headers: { "if-none-match": etag } });
    assert.equal(again.status, 304);
    assert.equal(again.headers.get("content-security-policy"), first.headers.get("content-security-policy"));
    assert.equal((await fetch(service.url + path, { headers: { "if-none-match": '"other"' } })).status, 200);
    const head = await fetch(service.url + path, { method: "HEAD" });
    assert.equal(head.headers.get("content-length"), String((await first.arrayBuffer()).byteLength));
  }
});

test("the page shows every operation and schema without its script, and loads nothing from another host", async () => {
  const response = await fetch(`${service.url}/docs`);
  const page = await response.text();
  for (const { operation } of operationsOf(document)) {
    assert.ok(page.includes(`<article id="${operation.operationId}" data-method=`), operation.operationId);
  }
  for (const name of Object.keys(document.components.schemas ?? {}))
    assert.ok(page.includes(`id="schema-${name}"`), name);
  assert.ok(!/<script(?! type="module" src="docs\/)|\son\w+=|style=/.test(page));
  const loaded = [...page.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, address]) => String(address));
  for (const address of new Set(loaded)) {
    assert.ok(!/^\/|:/.test(address), `${address} works under no other path`);
    assert.equal((await fetch(new URL(address, `${service.url}/`))).status, 200, address);
  }
  assert.match(
    response.headers.get("content-security-policy") ?? "",
    /^default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-ancestors 'none';/,
  );
});

test("a site's own retcode row shows in its document", () => {
  const retcodes = new Map(service.config.gateway.retcodes);
  const row = retcodes.get("100-009");
  assert.ok(row);
  const operations = [
    {
      method: "get",
      path: "/x",
      id: "x",
      summary: "x",
      access: "anyone",
      answers: { 204: { description: "x" } },
      problems: ["agent-busy"],
      handle: () => undefined,
    },
  ] as const;
  const statuses = () => {
    const made = openApiDocument(
      operations,
      describeApi({ tokens: service.config.tokens, gateway: { retcodes }, http: service.config.http }),
    );
    return Object.keys((made as unknown as OpenApi).paths["/x"]?.get?.responses ?? {});
  };
  assert.deepEqual(statuses(), ["204", "409", "500", "503"]);
  retcodes.set("100-009", { ...row, status: 423 });
  assert.deepEqual(statuses(), ["204", "409", "423", "500", "503"]);
});

/** `get /conferences/{id}` and so on, read from the router itself. */
function routed(): string[] {
  const { config } = service;
  const log = new Log("silent");
  const app = createApp({
    config,
    sessions: { checks: [], clock: systemClock } as unknown as Sessions,
    control: {} as ConferenceControl,
    verifier: createTokenVerifier(config.tokens, { now: Date.now, log }),
    issuer: null,
    metrics: new Metrics(),
    log,
  });
  app.endStreams();
  interface Layer {
    readonly route?: { readonly path: string; readonly stack: readonly { readonly method?: string }[] };
  }
  const layers = (app.express.router as unknown as { readonly stack: readonly Layer[] }).stack;
  return layers.flatMap(({ route }) => {
    const methods = new Set((route?.stack ?? []).flatMap(({ method }) => method ?? []));
    return [...methods].map((method) => `${method} ${route?.path.replace(/:(\w+)/g, "{$1}")}`);
  });
}
