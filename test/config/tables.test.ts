import assert from "node:assert/strict";
import { test } from "node:test";
import { catalogue, isProblemCode } from "../../src/problems.ts";
import { least, load, mistakenNames, mistakesOf } from "./surroundings.ts";

const site = (rows: unknown) => ({ "config/retcodes.site.json": JSON.stringify(rows) });

test("every retcode row names a problem and answers with its status", () => {
  const { retcodes } = load(least).gateway;
  assert.equal(retcodes.size, 80);
  for (const [retcode, row] of retcodes) {
    assert.match(retcode, /^[0-9]{3}-[0-9]{3}$/);
    assert.ok(isProblemCode(row.problem), retcode);
    assert.equal(row.status, catalogue[row.problem].status, retcode);
  }
});

test("only the codes that say so touch a session, and only a switch-over is worth a second read", () => {
  const rows = [...load(least).gateway.retcodes];
  const withEffect = (effect: string) => rows.filter(([, row]) => row.effect === effect).map(([retcode]) => retcode);
  assert.deepEqual(withEffect("guid-refused"), ["000-003"]);
  assert.deepEqual(withEffect("session-over"), ["105-005", "105-006", "105-007"]);
  assert.deepEqual(withEffect("signed-out"), ["100-006", "100-008"]);
  const again = rows.filter(([, row]) => row.retry).map(([retcode]) => retcode);
  assert.deepEqual(again, ["000-004", "105-001", "105-002", "105-003", "105-004"]);
  for (const retcode of again)
    assert.equal(load(least).gateway.retcodes.get(retcode)?.problem, "gateway-switching-over");
});

test("a site changes a part of a row, or adds a row", () => {
  const row = { status: 403, problem: "not-an-inspector", effect: "none", retry: false };
  const { retcodes } = load(least, site({ "100-007": { retry: true }, "101-999": row })).gateway;
  assert.deepEqual([retcodes.get("100-007")?.retry, retcodes.get("100-007")?.problem], [true, "gateway-error"]);
  assert.equal(retcodes.get("101-999")?.status, 403);
});

test("a site's rows are checked", () => {
  const wrong: unknown[] = [
    { "101-999": { status: 403 } },
    { "100-007": { problem: "no-such-problem" } },
    { "100-007": { status: 200 } },
    { "100-007": { effect: "explode" } },
    { "100-007": { colour: "red" } },
    { "7": { retry: true } },
    [],
    "text",
    null,
  ];
  for (const rows of wrong) assert.deepEqual(mistakenNames(least, site(rows)), ["config/retcodes.site.json"]);
  assert.deepEqual(mistakenNames(least, { "config/retcodes.site.json": "{" }), ["config/retcodes.site.json"]);
});

test("an inspector signs in busy, so that no queue sends a call", () => {
  const { signInFields } = load(least).gateway;
  assert.equal(signInFields.status, 3);
  assert.equal(signInFields.autoenteridle, false);
  assert.equal(signInFields.autoanswer, false);
});

test("a site chooses sign-in fields, but neither the password nor the push mode that would end the polls", () => {
  const own = (fields: unknown) => ({ "config/sign-in.site.json": JSON.stringify(fields) });
  const { signInFields } = load(least, own({ status: 5, ip: "10.1.2.3" })).gateway;
  assert.deepEqual([signInFields.status, signInFields.ip, signInFields.agenttype], [5, "10.1.2.3", 4]);
  for (const fields of [
    { password: "x" },
    { phonenum: "1" },
    { callBackUri: "x" },
    { serviceToken: "x" },
    { status: 9 },
  ]) {
    assert.deepEqual(mistakenNames(least, own(fields)), ["config/sign-in.site.json"]);
  }
});

test("a broken table is reported beside the other mistakes", () => {
  const files = { "config/retcodes.json": "nonsense", "config/defaults.json": { error: "ENOENT" } };
  const names = mistakenNames({ ...least, PORT: "x" }, files);
  for (const name of ["PORT", "config/retcodes.json", "config/defaults.json"]) assert.ok(names.includes(name), name);
});

test("a lease that a poll could outlast is refused", () => {
  const inner = { leaseMs: 14_999, pollHoldMs: 10_000, verdictMs: 4_000, eventsKept: 256 };
  const mistakes = mistakesOf(least, { "config/defaults.json": JSON.stringify({ settings: {}, inner }) });
  assert.ok(mistakes.some(({ name, message }) => name === "config/defaults.json" && message.includes("leaseMs")));
});
