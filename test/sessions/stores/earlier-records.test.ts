import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, test } from "node:test";
import { startRedis } from "../../../scripts/fleet/redis.ts";
import type { AgentId } from "../../../src/gateway/identifiers.ts";
import type { SessionStore } from "../../../src/sessions/index.ts";
import type { NewAgentSession } from "../../../src/sessions/model.ts";
import { Sealer } from "../../../src/sessions/sealing.ts";
import { openStore, type StorePlace } from "../../../src/sessions/stores/index.ts";
import { sessionName } from "../../../src/sessions/stores/records.ts";
import { Keys } from "../../../src/sessions/stores/redis/keys.ts";
import { systemChance, systemClock } from "../../../src/system-clock.ts";
import { aSessionId, aSubject } from "../../support/names.ts";
import { type Kept, restore } from "./records/kept.ts";

/**
 * What a release had written when it was killed, made by its own code (records/make.ts); records/life.ts says what it had lived
 * through. Sealed with the key of 32 times 7. A change of what is written needs files of a new release, and the old ones stay.
 */
const releases = ["0.1", "0.2"] as const;
type Release = (typeof releases)[number];
/** Of the release that this code becomes. */
const newest = "0.2";

const records = join(import.meta.dirname, "records");
const keys = [Buffer.alloc(32, 7)];
const [signedIn, brought, chair] = ["1201", "1202", "1204"] as AgentId[] as [AgentId, AgentId, AgentId];
const sampleLease = { agentId: signedIn } as const;

const folder = mkdtempSync(join(tmpdir(), "earlier-records-"));
after(() => rmSync(folder, { recursive: true }));

const keptOf = (release: Release): Kept[] => JSON.parse(readFileSync(join(records, `${release}.redis.json`), "utf8"));

/** A copy: whoever opens the file writes to it. */
function fileOf(release: Release): string {
  const path = join(folder, `${release}.${process.hrtime.bigint()}.db`);
  copyFileSync(join(records, `${release}.db`), path);
  return path;
}

for (const release of releases) {
  describe(`records of ${release}`, () => {
    test("in an sqlite file are read, every one", async () => {
      const path = fileOf(release);
      const place = { kind: "sqlite", url: `sqlite:${path}`, path, prefix: "cbff", keys } as const;
      await opened(place, (store) => assertRead(store, release));
    });

    test("in Redis are read, every one", async (t) => {
      const redis = await startRedis();
      t.after(() => redis.close());
      await restore(redis.url, keptOf(release));
      const place = { kind: "redis", url: redis.url, path: null, prefix: "cbff", keys } as const;
      await opened(place, async (store) => {
        await assertRead(store, release);
        await assertCoordinated(store, release);
      });
    });
  });
}

describe(`what ${newest} writes`, () => {
  test("stands in the kept records of Redis, every kind of it", () => {
    const names = keptOf(newest).map(({ key }) => key);
    const key = new Keys("cbff", 0);
    const kinds = [
      ...[key.allSessions, key.allAgents, key.instances, key.polls, key.canary],
      ...[
        key.session("x"),
        key.sessionsOfAgent(signedIn),
        key.sessionsOfSubject(aSubject("x")),
        key.sessionRevoked("x"),
      ],
      ...[key.subjectRevoked("app", aSubject("x")), key.agent(signedIn), key.events(signedIn)],
      ...[key.lease({ kind: "poll", ...sampleLease }), "cbff:limit:agent:1201", "cbff:limit:address:127.0.0.1"],
    ].map(kindOf);
    // Gone when its sign-in is: whoever is killed in one leaves a name with a time.
    const passing = [key.probe, key.lease({ kind: "sign-in", ...sampleLease })].map(kindOf);
    assert.deepEqual(
      [...new Set([...names.map(kindOf), ...passing])].sort(),
      [...new Set([...kinds, ...passing])].sort(),
    );
    const functions = Object.getOwnPropertyNames(Keys.prototype).filter((name) => name !== "constructor");
    const texts = Object.keys(key).filter((name) => name !== "prefix" && !/channel/i.test(name));
    assert.deepEqual(
      [...functions, ...texts].sort(),
      "agent agentOfChannel allAgents allSessions canary events instances lease messages polls probe recordOf session sessionRevoked sessionsOfAgent sessionsOfSubject subjectRevoked".split(
        " ",
      ),
      "a kind of name is new here: let it stand in the kept records, too",
    );
  });

  test("says which version of its form it has; 0.1 said none", () => {
    const sealer = new Sealer(keys);
    for (const release of releases) {
      const database = new DatabaseSync(fileOf(release));
      const agents = database.prepare("SELECT 'agent' AS purpose, agent_id AS name, sealed FROM agents").all();
      const sessions = database.prepare("SELECT 'session' AS purpose, name, sealed FROM sessions").all();
      database.close();
      assert.deepEqual([agents.length, sessions.length], [3, 3]);
      for (const { purpose, name, sealed } of [...agents, ...sessions]) {
        const binding = { purpose: purpose as "agent" | "session", name: String(name) };
        const record = JSON.parse(sealer.open(binding, String(sealed)));
        assert.equal(record.version, release === "0.1" ? undefined : 1, `${release} ${purpose} ${name}`);
      }
    }
  });
});

/** `cbff:session:RSo5…` is of the kind `cbff:session:`. */
function kindOf(key: string): string {
  return key
    .replace(/\{.*\}$/, "")
    .replace(/^(cbff:(?:session|sessions:subject):).*/, "$1")
    .replace(/^(cbff:limit:).*/, "$1");
}

async function opened(place: StorePlace, use: (store: SessionStore) => Promise<void>): Promise<void> {
  const unread: unknown[] = [];
  const options = { clock: systemClock, chance: systemChance, eventsKept: 100 };
  const store = await openStore(place, { ...options, onCorrupt: (record) => unread.push(record) });
  try {
    await use(store);
    assert.deepEqual(unread, []);
  } finally {
    await store.close();
  }
}

async function assertRead(store: SessionStore, release: Release): Promise<void> {
  assert.deepEqual([...(await store.agentIds())].sort(), [signedIn, brought, chair]);
  const [managed, external, holder] = await Promise.all([signedIn, brought, chair].map((id) => store.getAgent(id)));
  assert.ok(managed && external && holder);
  assert.deepEqual([managed.keepAlive, external.keepAlive, holder.keepAlive], ["managed", "external", "managed"]);
  assert.deepEqual([managed.state, external.state], ["active", "active"]);
  for (const { guid } of [managed, external, holder]) assert.match(guid, /^\S{16,}\.AgentGateway\d$/);
  assert.ok(managed.guidVersion > 1, "it rotated");
  assert.equal(holder.ownConference?.state, release === "0.1" ? undefined : "joined");
  for (const [sessionId, subject, agentId] of [
    ["device-1", "user-1", signedIn],
    ["device-2", "user-2", brought],
  ] as const) {
    const session = await store.getSession({ issuer: "app", sessionId: aSessionId(sessionId) });
    assert.deepEqual([session?.subject, session?.agentId], [subject, agentId]);
    assert.equal((await store.sessionsOfAgent(agentId)).length, 1);
    const found = await store.listSessions({ issuer: "app", subject: aSubject(subject), limit: 10 });
    assert.deepEqual(found.sessions, [session]);
  }
  const { sessions } = await store.listSessions({ limit: 10 });
  assert.deepEqual(sessions.map(({ issuer }) => issuer).sort(), ["app", "app", "own"]);
  // And written over, with what this release knows more; a sign-out ends them, and a sign-in may follow.
  const updated = await store.updateAgent({ ...managed, guidVersion: managed.guidVersion + 1 });
  assert.equal(updated?.guidVersion, managed.guidVersion + 1);
  const [session] = await store.sessionsOfAgent(brought);
  assert.ok(session);
  assert.equal(await store.touchSession(session, session.lastUsedAt + 60_000), true);
  assert.ok(await store.deleteSession(session));
  assert.equal(await store.deleteAgent(brought, external.signInId), true);
  assert.ok(await store.createAgent({ ...external, revision: undefined } as NewAgentSession));
}

/** What instances leave for each other in Redis. */
async function assertCoordinated(store: SessionStore, release: Release): Promise<void> {
  // Whoever is killed holds its leases until they end.
  assert.deepEqual(await store.unheld("poll", [signedIn, brought, chair]), [brought]);
  const events = await store.eventsAfter(signedIn, "");
  assert.ok(release === "0.1" || events.length > 0, "no event was kept");
  if (release === "0.1") return;
  assert.ok(Number((await store.lastPolls([signedIn])).get(signedIn)) > 1_700_000_000_000);
  const device = { issuer: "app", sessionId: aSessionId("device-4") } as const;
  const { session, subject } = await store.revocations(device, aSubject("user-3"));
  assert.ok(session && subject && sessionName(device).length === 32);
  const { session: none } = await store.revocations({ ...device, sessionId: aSessionId("device-1") }, null);
  assert.equal(none, null);
}
