import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, suite, test } from "node:test";
import { Problem } from "../../../src/problems.ts";
import { Sealer } from "../../../src/sessions/sealing.ts";
import { openStore } from "../../../src/sessions/stores/index.ts";
import type { CorruptRecord } from "../../../src/sessions/stores/port.ts";
import { systemChance, systemClock } from "../../../src/system-clock.ts";
import { anAgent, aSession } from "./samples.ts";

const key = randomBytes(32);
const folder = mkdtempSync(join(tmpdir(), "record-version-"));
const path = join(folder, "sessions.db");
after(() => rmSync(folder, { recursive: true }));

const reported: CorruptRecord[] = [];
const open = () =>
  openStore(
    { kind: "sqlite", url: `sqlite:${path}`, path, keys: [key], prefix: "" },
    { clock: systemClock, chance: systemChance, eventsKept: 1, onCorrupt: (record) => void reported.push(record) },
  );

/** Writes records anew as another version would, which seals with the same key. */
function rewrite(table: "agents" | "sessions", change: (record: Record<string, unknown>) => unknown): void {
  const database = new DatabaseSync(path);
  const sealer = new Sealer([key]);
  const nameColumn = table === "agents" ? "agent_id" : "name";
  const purpose = table === "agents" ? "agent" : "session";
  for (const row of database.prepare(`SELECT ${nameColumn} AS name, sealed FROM ${table}`).all()) {
    const binding = { purpose, name: String(row.name) };
    const record = JSON.parse(sealer.open(binding, String(row.sealed)));
    const sealed = sealer.seal(binding, JSON.stringify(change(record)));
    database.prepare(`UPDATE ${table} SET sealed = ? WHERE ${nameColumn} = ?`).run(sealed, String(row.name));
  }
  database.close();
}

const isNewer = (error: unknown): boolean =>
  error instanceof Problem &&
  error.code === "session-store-unavailable" &&
  (error.cause as { code: string }).code === "RECORD_NEWER";

suite("A record that another version has written", () => {
  const agent = anAgent();
  const session = aSession({ agentId: agent.agentId, recordId: agent.recordId });

  test("is read with a field more, which stays when it is written here", async () => {
    const store = await open();
    const created = await store.createAgent(agent);
    assert.ok(created);
    await store.bindSession(session, { over: null, revocations: await store.revocations(session, session.subject) });
    await store.close();
    let version: unknown;
    rewrite("agents", (record) => {
      version = record.version;
      return { ...record, shift: "late" };
    });
    assert.equal(version, 1);

    const again = await open();
    const read = await again.getAgent(agent.agentId);
    assert.ok(read);
    assert.equal("version" in read, false);
    assert.ok(await again.updateAgent({ ...read, guidVersion: 2 }));
    await again.close();
    rewrite("agents", (record) => {
      assert.deepEqual([record.shift, record.guidVersion], ["late", 2]);
      return record;
    });
    assert.deepEqual(reported, []);
  });

  test("of a version that we may misread is refused and told, and nothing takes its place", async () => {
    for (const table of ["agents", "sessions"] as const) {
      rewrite(table, (record) => ({ ...record, version: 2, state: "dreaming", boundBy: "telepathy" }));
    }
    const store = await open();
    await assert.rejects(async () => store.getAgent(agent.agentId), isNewer);
    await assert.rejects(async () => store.createAgent(agent), isNewer);
    await assert.rejects(async () => store.getSession(session), isNewer);
    await assert.rejects(async () => store.sessionsOfAgent(agent.agentId), isNewer);
    const revocations = await store.revocations(session, session.subject);
    await assert.rejects(async () => store.bindSession(session, { over: null, revocations }), isNewer);
    assert.deepEqual([...(await store.getAgents([agent.agentId])).values()], ["newer"]);
    await store.close();
    assert.deepEqual([...new Set(reported.map(({ kind, why }) => `${kind} ${why}`))].sort(), [
      "agent newer",
      "session newer",
    ]);

    // The newer version finds all of it.
    for (const table of ["agents", "sessions"] as const) {
      rewrite(table, ({ version, state, boundBy, ...record }) => {
        assert.deepEqual([version, state], [2, "dreaming"]);
        return { ...record, state: "active", boundBy: "backend" };
      });
    }
    const newer = await open();
    assert.equal((await newer.getAgent(agent.agentId))?.guidVersion, 2);
    assert.ok(await newer.getSession(session));
    await newer.close();
  });
});
