import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { shippedTables } from "../../src/config/index.ts";
import { bodyOf, callOf, type FieldValues } from "../../src/operations/fields.ts";
import type { AgentOperationRow } from "../../src/operations/row.ts";
import { least, load, mistakesOf } from "../config/surroundings.ts";
import { createCaller, createTestClient, type ObservedClient, within } from "../support/gateway-client.ts";
import { answerJson, type RawGateway, startRawGateway } from "../support/raw-gateway.ts";

const rows = shippedTables().operations;
const site = (table: unknown) => ({ "config/operations.site.json": JSON.stringify(table) });
const served = (named: string, table: unknown = {}) => [
  ...load({ ...least, AGENT_OPERATIONS: named }, site(table)).operations.served.keys(),
];

const plain = { family: "onlineagent", method: "POST", path: "newword", page: "1", meaning: "Something new" };
const text = { in: "path", type: "string", required: true, minLength: 1, maxLength: 9, meaning: "A text" };

describe("which operations are served", () => {
  test("none by itself, those that are named, and by `all` everything but inspection", () => {
    assert.deepEqual([...load(least).operations.served.keys()], []);
    assert.deepEqual(served("callout, saybusy"), ["callout", "saybusy"]);
    const all = [...rows].filter(([, { family }]) => family !== "qualitycontrol").map(([name]) => name);
    assert.deepEqual(served("all"), all);
    assert.deepEqual(served("all,forcelogout"), [...all, "forcelogout"]);
  });

  test("a name that is no row is told by its place, with the row that may be meant", () => {
    const environment = { ...least, AGENT_OPERATIONS: "saybusy,saybussy,sayfree,SecretWord" };
    assert.deepEqual(
      mistakesOf(environment).map(({ name, message }) => `${name}: ${message}`),
      [
        "AGENT_OPERATIONS: name 2 of 4 is no row of config/operations.json or a site's own; saybusy is one",
        "AGENT_OPERATIONS: name 4 of 4 is no row of config/operations.json or a site's own",
      ],
    );
  });
});

describe("a site's own operations", () => {
  test("add rows, and change members of those that are shipped", () => {
    const names = served("all,newword", { newword: plain, callout: { page: "0412", fields: {} } });
    assert.ok(names.includes("newword"));
    const { served: changed } = load(
      { ...least, AGENT_OPERATIONS: "callout" },
      site({ callout: { page: "0412", fields: {} } }),
    ).operations;
    const { page, fields, method } = changed.get("callout") as AgentOperationRow;
    assert.deepEqual([page, fields, method], ["0412", {}, "PUT"]);
  });

  test("are as the page shows them", () => {
    const page = readFileSync(new URL("../../docs/agent-operations.md", import.meta.url), "utf8");
    const [, example = ""] = /```json\n([^`]+)```/.exec(page) ?? [];
    assert.deepEqual(served("agentbyworkno", JSON.parse(example)), ["agentbyworkno"]);
  });

  test("never sign the own agent in or out, change its Guid or take its events", () => {
    const forbidden: [family: string, path: string][] = [
      ["onlineagent", "logout"],
      ["onlineagent", "LogOut"],
      ["onlineagent", "forcelogout"],
      ["onlineagent", "forcelogoutwithreason/{word}"],
      ["onlineagent", "forcelogin"],
      ["onlineagent", "loginex"],
      ["onlineagent", "updateGuid"],
      ["ONLINEAGENT", "UPDATEGUID"],
      ["onlineagent", "syncagentinfo"],
      ["onlineagent", "handshake"],
      ["onlineagent", "heartbeat"],
      ["onlineagent", "{word}"],
      ["agentevent", "allagentevent"],
      ["AgentEvent", "x"],
      ["qualitycontrol", "logout"],
      ["qualitycontrol", "{word}"],
    ];
    for (const [family, path] of forbidden) {
      const fields = path.includes("{word}") ? { word: text } : {};
      const [mistake, ...more] = mistakesOf(least, site({ own: { ...plain, family, path, fields } }));
      assert.deepEqual([mistake?.name, more], ["config/operations.site.json", []], `${family}/${path}`);
      assert.match(mistake?.message ?? "", /^own: path: /, `${family}/${path}`);
    }
    // The sign-in itself is the path without a word.
    for (const path of ["", "/", "..", "a/../logout", "a//b", "logout%20", "a?b=c", "a#b", "a;b"]) {
      assert.equal(mistakesOf(least, site({ own: { ...plain, path } })).length, 1, path);
    }
  });

  test("have every mistake named, all at once", () => {
    const table = {
      one: { ...plain, path: "a/{gone}", fields: { text: { ...text, required: false } } },
      two: { ...plain, method: "GET", fields: { data: { ...text, in: "body" } } },
      three: { ...plain, fields: { n: { in: "query", type: "integer", minimum: 2, maximum: 1, meaning: "A number" } } },
      four: { ...plain, fields: { s: { ...text, in: "body", sensitive: true, audited: true, pattern: "(" } } },
      five: { ...plain, colour: "red" },
      six: { family: "voicecall" },
      all: plain,
      "no name": plain,
    };
    const messages = mistakesOf(least, site(table)).map(({ message }) => message);
    for (const part of [
      "four: fields: s: pattern: must be a regular expression",
      'five: Unrecognized key: "colour"',
      "all: is the word for all of them, and no name",
      "no name: must be the name of an operation",
      'one: path: {gone} is no field with "in": "path"',
      "one: fields: text: must stand in the path once, as {text}",
      "one: fields: text: a field of the path is required",
      "two: fields: data: a GET has no body",
      "three: fields: n: minimum must not be above maximum",
      "six: method: ",
      "six: path: ",
    ]) {
      assert.ok(
        messages.some((message) => message.startsWith(part)),
        `${part}: ${messages.join("\n")}`,
      );
    }
  });

  test("keep what is sensitive out of the audit line", () => {
    const s = { ...text, in: "body", sensitive: true, audited: true };
    const [mistake] = mistakesOf(least, site({ four: { ...plain, fields: { s } } }));
    assert.equal(mistake?.message, "four: fields: s: is sensitive, and goes into no audit line");
  });
});

describe("each row on the wire", () => {
  let gateway: RawGateway;
  let client: ObservedClient;
  before(async () => {
    gateway = await startRawGateway(answerJson({ retcode: "0", result: {} }));
    client = createTestClient(gateway.url);
  });
  after(async () => {
    await client.close();
    await gateway.close();
  });

  /** For each field the value at its bound that is hardest to carry. */
  function valuesOf({ fields }: AgentOperationRow): Record<string, string | number | boolean> {
    const value = (field: AgentOperationRow["fields"][string]) => {
      switch (field.type) {
        case "integer":
          return field.maximum;
        case "boolean":
          return false;
        case "agent":
          return "1202";
        case "string":
          return field.pattern === undefined ? "ä/?#&".slice(0, Math.min(5, field.maxLength - 1)) : "*1#";
      }
    };
    return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, value(field)]));
  }

  for (const [name, row] of rows) {
    test(`${name} has each value where its page says, and its bounds hold`, async () => {
      const values = valuesOf(row);
      if (row.fields.flag || row.fields.autoflag)
        Object.assign(values, row.fields.flag ? { flag: "a/b" } : { autoflag: "a/b" });
      const body = bodyOf(row, 999_999);
      const parsed = body.parse(values) as FieldValues;
      await client.agentOperation(createCaller(), callOf(row, parsed), within(2_000));
      const request = gateway.requests.at(-1);
      const { pathname, searchParams } = new URL(request?.path ?? "", gateway.url);
      const given = (place: string) => Object.entries(row.fields).filter(([, field]) => field.in === place);
      const words = row.path.replace(/\{(\w+)\}/g, (_, field) => encodeURIComponent(String(values[field])));
      assert.deepEqual([request?.method, pathname], [row.method, `/agentgateway/resource/${row.family}/1201/${words}`]);
      assert.deepEqual(
        [...searchParams],
        given("query").map(([field]) => [field, String(values[field])]),
      );
      const inBody = given("body");
      assert.deepEqual(
        request?.body === "" ? null : JSON.parse(request?.body ?? ""),
        inBody.length === 0 ? null : Object.fromEntries(inBody.map(([field]) => [field, values[field]])),
      );
      for (const [field, its] of Object.entries(row.fields)) {
        const wrong: unknown[] = its.type === "integer" ? [its.minimum - 1, its.maximum + 1, "1"] : [7, null, ["1"]];
        if (its.type === "boolean") wrong.push("false");
        if (its.type === "agent") wrong.push("100", "01202", "1000000", "..");
        if (its.type === "string") wrong.push("x".repeat(its.maxLength + 1), "ä".repeat(its.maxLength), "\ud800");
        if (its.type === "string" && its.in === "path") wrong.push("", ".", "..", "...", "\r\n");
        if (its.required) wrong.push(undefined);
        for (const value of wrong) {
          assert.equal(body.safeParse({ ...values, [field]: value }).success, false, `${field}: ${String(value)}`);
        }
      }
      assert.equal(body.safeParse({ ...values, agentid: "1202" }).success, false);
    });
  }
});
