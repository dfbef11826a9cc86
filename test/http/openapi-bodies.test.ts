import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { createApp } from "../../src/app.ts";
import { loadConfig } from "../../src/config/index.ts";
import type { ConferenceControl } from "../../src/gateway/index.ts";
import { Metrics } from "../../src/http/metrics.ts";
import { listen } from "../../src/http/server.ts";
import { Log } from "../../src/log.ts";
import { Problem } from "../../src/problems.ts";
import type { Sessions } from "../../src/sessions/index.ts";
import { systemClock } from "../../src/system-clock.ts";
import { createTokenVerifier } from "../../src/tokens/index.ts";
import { appSecret, appToken, ownSecret } from "../support/service.ts";
import { allows, type Schema, strayingFrom, valuesOf } from "./from-schema.ts";
import { type OpenApi, operationsOf, resolved } from "./openapi-document.ts";

/** Of every request whose shape was taken: nothing behind that is of interest here. */
const TAKEN = "agent-busy";

/** As much of it as asks nobody: whatever a handler wants of a session is refused in one way. */
const sessions = new Proxy({ checks: [], clock: systemClock } as object, {
  get: (known, name) =>
    name in known
      ? Reflect.get(known, name)
      : () => {
          throw new Problem(TAKEN);
        },
}) as Sessions;

/** The agent's operations are many, and made from one table. */
const runsOf = (path: string) => ({ numRuns: path.startsWith("/agent/") ? 15 : 150 });

/** Those that `all` leaves out too. */
const rows: Record<string, { readonly family: string }> = JSON.parse(
  readFileSync(new URL("../../config/operations.json", import.meta.url), "utf8"),
);
const inspections = Object.keys(rows).filter((name) => rows[name]?.family === "qualitycontrol");

let server: Server;
let url: string;
let document: OpenApi;
before(async () => {
  const config = loadConfig({
    GATEWAY_URL: "http://127.0.0.1:9/agentgateway/resource",
    JWT_SECRET: appSecret,
    TOKEN_SECRET: ownSecret,
    SESSION_STORE_URL: "memory:",
    GATEWAY_MAX_AGENT_ID: "59999",
    SIGN_IN_LIMIT_PER_MINUTE: "1000000",
    RATE_LIMIT_PER_MINUTE: "1000000",
    AGENT_OPERATIONS: ["all", ...inspections].join(","),
  });
  const log = new Log("silent");
  const verifier = createTokenVerifier(config.tokens, { now: Date.now, log });
  const control = sessions as unknown as ConferenceControl;
  const app = createApp({ config, sessions, control, verifier, issuer: null, metrics: new Metrics(), log });
  server = createServer(app.express);
  url = await listen(server, "127.0.0.1", 0);
  document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApi;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const headers = {
  authorization: `Bearer ${appToken({ sub: "portal", scope: "sessions:write" })}`,
  "x-csrf": "1",
  "sec-fetch-site": "same-origin",
};

/** A text of its greatest length that is escaped throughout may be more than a request body may have, which is told by another problem. */
const fits = (body: unknown): boolean => Buffer.byteLength(JSON.stringify(body)) <= 65_536;

/** Whether the shape of it was taken; what was wrong with it otherwise. */
async function refusal(method: string, path: string, body?: unknown): Promise<string | null> {
  const answer = await fetch(url + path, {
    method,
    headers: body === undefined ? headers : { ...headers, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (answer.status === 400) return text;
  assert.ok(answer.status < 500 && ![401, 403, 404, 413, 415, 429].includes(answer.status), `${answer.status} ${text}`);
  return null;
}

describe("what the document says of a body is what the service takes", () => {
  const withBody = () =>
    operationsOf(document).flatMap(({ path, method, operation }) => {
      const schema = operation.requestBody?.content["application/json"]?.schema as Schema | undefined;
      return schema === undefined
        ? []
        : [{ method: method.toUpperCase(), path: path.replace("{kind}", "phone").replaceAll(/\{\w+\}/g, "1"), schema }];
    });

  test("every body that is made from it is taken", async () => {
    assert.ok(withBody().length >= 2 + Object.keys(rows).length, String(withBody().length));
    for (const { method, path, schema } of withBody()) {
      const isTaken = async (body: unknown): Promise<void> => {
        fc.pre(fits(body));
        assert.ok(allows(document, schema, body));
        assert.equal(await refusal(method, path, body), null, `${method} ${path} ${JSON.stringify(body)}`);
      };
      await fc.assert(fc.asyncProperty(valuesOf(document, schema), isTaken), runsOf(path));
    }
  });

  test("every body that it forbids is refused, and every other is taken", async () => {
    const seen = { taken: 0, refused: 0 };
    for (const { method, path, schema } of withBody()) {
      const isAsSaid = async (body: unknown): Promise<void> => {
        fc.pre(fits(body));
        const isAllowed = allows(document, schema, body) && wellFormed(body);
        seen[isAllowed ? "taken" : "refused"] += 1;
        const why = await refusal(method, path, body);
        assert.equal(why === null, isAllowed, `${method} ${path} ${JSON.stringify(body)} ${why ?? "was taken"}`);
      };
      await fc.assert(fc.asyncProperty(strayingFrom(document, schema), isAsSaid), runsOf(path));
    }
    assert.ok(seen.taken > 10 && seen.refused > 100, JSON.stringify(seen));
  });

  test("what has a default may be left out", () => {
    for (const { schema } of withBody()) {
      const { properties = {}, required = [] } = resolvedSchema(schema);
      for (const [name, field] of Object.entries(properties)) {
        assert.ok(!("default" in field && required.includes(name)), name);
      }
    }
  });

  test("every parameter that is made from it is taken, and every one that it forbids is refused", async () => {
    for (const { path, method, operation } of operationsOf(document)) {
      const places = (operation.parameters ?? []).filter(({ in: place }) => place === "path" || place === "query");
      // What there is not is told by another problem.
      if (places.length === 0 || path === "/problems/{code}" || operation.requestBody !== undefined) continue;
      for (const varied of places) {
        const schema = (varied as unknown as { schema: Schema }).schema;
        const values = fc.oneof(valuesOf(document, schema), fc.string({ unit: "binary", minLength: 1, maxLength: 30 }));
        const isAsSaid = async (value: unknown): Promise<void> => {
          const text = String(value);
          // A client's URL parser takes these for steps in the path.
          fc.pre(varied.in !== "path" || !/^\.{1,2}$/.test(text));
          const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
            name === varied.name ? encodeURIComponent(text) : name === "kind" ? "phone" : "1201",
          );
          const others = places.filter((one) => one !== varied && one.in === "query" && one.required);
          const query = new URLSearchParams(others.map(({ name }) => [name, "1"]));
          if (varied.in === "query") query.set(varied.name, text);
          const why = await refusal(method.toUpperCase(), `${filled}?${query}`);
          assert.equal(why === null, allows(document, schema, text), `${filled}?${query} ${why ?? "was taken"}`);
        };
        await fc.assert(fc.asyncProperty(values, isAsSaid), { numRuns: 60 });
      }
    }
  });
});

test("every word of every enum has a meaning in the document, and every field a description", () => {
  let words = 0;
  const undescribed: string[] = [];
  walk(document, [], (schema, where) => {
    const description = String(schema.description ?? "");
    for (const word of (schema.enum ?? []) as unknown[]) {
      words += 1;
      assert.match(description, new RegExp(`\`${word}\`: \\S`), `${where.join("/")}: ${word}`);
    }
    for (const [name, field] of Object.entries(
      (schema.properties ?? {}) as Record<string, Schema & { description?: string }>,
    )) {
      if (field.description === undefined && !isComposed(field)) undescribed.push([...where, name].join("/"));
    }
  });
  assert.ok(words > 50);
  assert.deepEqual(undescribed, []);
});

test("every text that a client may send has bounds", () => {
  for (const { path, method, operation } of operationsOf(document)) {
    const body = operation.requestBody?.content["application/json"]?.schema as Schema | undefined;
    const parameters = (operation.parameters ?? []).map((one) => (one as unknown as { schema?: Schema }).schema);
    for (const schema of [body, ...parameters]) {
      walk(schema === undefined ? {} : resolvedSchema(schema), [method, path], (field, where) => {
        if (field.type !== "string" || "const" in field || field.enum !== undefined) return;
        assert.ok(field.pattern !== undefined || field.maxLength !== undefined, where.join("/"));
      });
    }
  }
});

test("the payload of every event is a schema with a name, and so is an event of each stream", () => {
  let payloads = 0;
  for (const { path, operation } of operationsOf(document)) {
    const media = operation.responses["200"]?.content?.["text/event-stream"];
    if (media === undefined) continue;
    assert.match(String((media.schema as Schema).$ref), /^#\/components\/schemas\/\w+Event$/, path);
    for (const [name, { schema, example }] of Object.entries(media["x-events"] ?? {})) {
      payloads += 1;
      assert.match(String((schema as Schema).$ref), /^#\/components\/schemas\/\w+$/, name);
      assert.ok(allows(document, media.schema as Schema, { event: name, data: example }), name);
    }
  }
  assert.ok(payloads >= 10);
});

test("each way to prove oneself is described by what it is", () => {
  const schemes = document.components.securitySchemes as Record<string, Record<string, string>>;
  assert.deepEqual(
    Object.entries(schemes).map(([name, { type, scheme, in: place, name: of }]) => [name, type, scheme ?? place, of]),
    [
      ["bearer", "http", "bearer", undefined],
      ["cookie", "apiKey", "cookie", "__Host-session"],
      ["service", "http", "bearer", undefined],
    ],
  );
  assert.match(schemes.bearer?.description ?? "", /HS256[\s\S]*`sid`[\s\S]*`exp`/);
  assert.match(schemes.cookie?.description ?? "", /SameSite=Strict[\s\S]*X-CSRF: 1/);
  assert.match(schemes.service?.description ?? "", /`scope`, `scp`, `roles`[\s\S]*`sessions:write`/);
});

function resolvedSchema(schema: Schema): Schema {
  return schema.$ref === undefined ? schema : (resolved(document, schema.$ref) as Schema);
}

/** What is said where it is defined, or by its only value. */
const isComposed = (schema: Schema): boolean =>
  schema.$ref !== undefined ||
  typeof schema.const === "number" ||
  (schema.items !== undefined && schema.items.$ref !== undefined);

/** Half of a surrogate pair is no text in UTF-8, which a pattern cannot say. */
function wellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([name, one]) => name.isWellFormed() && wellFormed(one));
}

/** Everything that may be a schema; examples and what is described by words are none. */
function walk(
  part: unknown,
  where: readonly string[],
  look: (schema: Record<string, unknown>, where: readonly string[]) => void,
): void {
  if (typeof part !== "object" || part === null) return;
  if (!Array.isArray(part) && where.at(-1) !== "properties") look(part as Record<string, unknown>, where);
  for (const [name, inner] of Object.entries(part)) {
    const isNoSchema =
      /^(example|examples|x-enumDescriptions|x-codeSamples)$/.test(name) && where.at(-1) !== "properties";
    if (!isNoSchema) walk(inner, [...where, name], look);
  }
}
