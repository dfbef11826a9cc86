import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { StoreRefused } from "../../src/sessions/index.ts";
import { failOnCrash } from "../support/crash-watch.ts";
import { assertKnownProblem, seen } from "../support/problem-shape.ts";
import { type ScriptedGateway, startScriptedGateway } from "../support/scripted-gateway.ts";
import { appToken, serviceToken, startTestService, type TestService } from "../support/service.ts";

failOnCrash();

const AGENTS = 12;
const agentIds = Array.from({ length: AGENTS }, (_, index) => String(1300 + index));

/** How whoever has the file may change one record. The SQL leaves the columns their types, which SQLite keeps. */
const text = fc.oneof(fc.string({ unit: "binary", maxLength: 60 }), fc.base64String({ maxLength: 200 }));
const change = fc.oneof(
  fc.record({ table: fc.constantFrom("agents", "sessions"), sql: fc.constant("sealed = ?"), value: text }),
  fc.record({
    table: fc.constantFrom("agents", "sessions"),
    sql: fc.constant("sealed = substr(sealed, 1, ?)"),
    value: fc.nat(150),
  }),
  fc.record({
    table: fc.constantFrom("agents", "sessions"),
    // One character of the text, from any place to another.
    sql: fc.constant(
      "sealed = substr(sealed, 1, length(sealed) - ?1) || 'AB' || substr(sealed, length(sealed) - ?1 + 3)",
    ),
    value: fc.integer({ min: 3, max: 150 }),
  }),
  // Another's record, whole and unchanged.
  fc.record({
    table: fc.constantFrom("agents", "sessions"),
    sql: fc.constant("sealed = (SELECT max(sealed) FROM TABLE WHERE agent_id <> ?)"),
    value: fc.constantFrom("1300", "1301"),
  }),
  fc.record({ table: fc.constant("sessions"), sql: fc.constant("agent_id = ?"), value: text }),
  fc.record({ table: fc.constant("sessions"), sql: fc.constant("name = ?"), value: text }),
  fc.record({
    table: fc.constant("sessions"),
    sql: fc.constant("subject_name = ?"),
    value: fc.oneof(text, fc.constant(null)),
  }),
  fc.record({
    table: fc.constant("sessions"),
    sql: fc.constant("last_used_at = ?"),
    value: fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constantFrom(0n, 2n ** 53n, -1n)),
  }),
  fc.record({
    table: fc.constant("agents"),
    sql: fc.constantFrom("revision = ?", "sign_in_id = ?", "agent_id = ?"),
    value: text,
  }),
);

describe("a record that somebody changed in the file", { timeout: 120_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), "conferences-bff-records-"));
  const path = join(directory, "sessions.db");
  const pristine = join(directory, "pristine.db");
  let gateway: ScriptedGateway;
  const backend = { Authorization: `Bearer ${serviceToken()}`, "Content-Type": "application/json" };
  const userOf = (agentId: string) => ({ Authorization: `Bearer ${appToken({ sub: `of-${agentId}`, sid: agentId })}` });
  const start = (): Promise<TestService> =>
    startTestService(gateway.url, { environment: { SESSION_STORE_URL: `sqlite:${path}`, SHUTDOWN_GRACE_MS: "600" } });

  before(async () => {
    gateway = await startScriptedGateway();
    const service = await start();
    for (const agentId of agentIds) {
      const binding = { agentId, guid: `guid-of-${agentId}`, subject: `of-${agentId}`, keepAlive: "external" };
      const request = { method: "PUT", headers: backend, body: JSON.stringify(binding) };
      assert.equal((await fetch(`${service.url}/sessions/${agentId}`, request)).status, 201);
    }
    await service.close();
    writeFileSync(pristine, readFileSync(path));
  });
  after(async () => {
    await gateway.close();
    rmSync(directory, { recursive: true });
  });

  test("is refused and reported, its user gets a known problem, and all others go on", async () => {
    let spoilt = 0;
    let reported = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 3, maxLength: 3 }), async (changes) => {
        writeFileSync(path, readFileSync(pristine));
        const database = new DatabaseSync(path);
        changes.forEach(({ table, sql, value }, index) => {
          const statement = `UPDATE OR IGNORE ${table} SET ${sql.replace("TABLE", table)} WHERE agent_id = ?2`;
          database.prepare(statement.replace(/\?(?!\d)/, "?1")).run(value, agentIds[index] ?? "");
        });
        database.close();
        const service = await start();
        try {
          for (const [index, agentId] of agentIds.entries()) {
            for (const asked of ["/session", "/conferences"]) {
              const answer = await seen(await fetch(service.url + asked, { headers: userOf(agentId) }));
              if (index >= changes.length) assert.equal(answer.status, 200, `${agentId}: ${answer.text}`);
              else if (answer.status !== 200) {
                spoilt += 1;
                // What by chance names another key than ours is not taken for absent.
                const codes = ["session-not-found", "session-store-unavailable"];
                assert.ok(codes.includes(assertKnownProblem(answer)), answer.text);
              } else if (asked === "/session")
                assert.equal((JSON.parse(answer.text) as { agentId: string }).agentId, agentId);
            }
          }
          const list = await seen(await fetch(`${service.url}/sessions`, { headers: backend }));
          assert.equal(list.status, 200, list.text);
          const listed = (JSON.parse(list.text) as { sessions: { sessionId: string }[] }).sessions;
          const ids = new Set(listed.map(({ sessionId }) => sessionId));
          for (const agentId of agentIds.slice(changes.length))
            assert.ok(ids.has(agentId), `${agentId} of ${[...ids]}`);
          reported += service.logged.filter((line) => line.includes("stored record cannot be read")).length;
          for (const line of service.logged) assert.doesNotMatch(line, /guid-of-/);
          // The place of a record that cannot be read is free for a new one.
          const [first = ""] = agentIds;
          const binding = JSON.stringify({
            agentId: first,
            guid: "a-new-guid",
            subject: `of-${first}`,
            keepAlive: "external",
          });
          const request = { method: "PUT", headers: backend, body: binding };
          const put = await seen(await fetch(`${service.url}/sessions/${first}`, request));
          if (put.status === 503) assert.equal(assertKnownProblem(put), "session-store-unavailable");
          else {
            assert.ok(put.status < 300, put.text);
            assert.equal((await fetch(`${service.url}/session`, { headers: userOf(first) })).status, 200);
          }
        } finally {
          await service.close();
        }
      }),
      { numRuns: 20 },
    );
    assert.ok(spoilt > 10 && reported > 10, `${spoilt} spoilt, ${reported} reported`);
  });

  test("or the whole file, is refused at the start, or the rest of it is served", async () => {
    const whole = readFileSync(pristine);
    const damage = fc.oneof(
      fc.record({ at: fc.nat(whole.length), cut: fc.constant(true), bytes: fc.uint8Array({ maxLength: 0 }) }),
      fc.record({
        at: fc.nat(whole.length - 1),
        cut: fc.constant(false),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 600 }),
      }),
    );
    const ends = new Set<string>();
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, cut, bytes }) => {
        const file = Buffer.from(cut ? whole.subarray(0, at) : whole);
        file.set(bytes.subarray(0, file.length - at), Math.min(at, file.length));
        rmSync(`${path}-wal`, { force: true });
        writeFileSync(path, file);
        let service: TestService;
        try {
          service = await start();
        } catch (error) {
          assert.ok(error instanceof StoreRefused, String(error));
          ends.add("refused");
          return;
        }
        try {
          for (const agentId of agentIds) {
            const answer = await seen(await fetch(`${service.url}/session`, { headers: userOf(agentId) }));
            if (answer.status === 200) ends.add("served");
            else ends.add(assertKnownProblem(answer));
          }
          const list = await seen(await fetch(`${service.url}/sessions`, { headers: backend }));
          if (list.status !== 200) assert.equal(assertKnownProblem(list), "session-store-unavailable");
        } finally {
          await service.close();
        }
      }),
      { numRuns: 40 },
    );
    for (const end of ends) {
      assert.ok(["refused", "served", "session-not-found", "session-store-unavailable"].includes(end), end);
    }
    assert.ok(ends.has("refused") && ends.has("served"), [...ends].join());
  });
});
