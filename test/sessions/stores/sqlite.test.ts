import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { AgentId, Guid } from "../../../src/gateway/identifiers.ts";
import type { SessionId } from "../../../src/sessions/index.ts";
import { openStore } from "../../../src/sessions/stores/index.ts";
import type { SessionStore } from "../../../src/sessions/stores/port.ts";
import { openDatabase } from "../../../src/sessions/stores/sqlite/database.ts";
import { migrate, steps } from "../../../src/sessions/stores/sqlite/schema.ts";
import { SqliteStore } from "../../../src/sessions/stores/sqlite/store.ts";
import { systemChance, systemClock } from "../../../src/system-clock.ts";
import { type OpenOptions, storeContract } from "./contract.ts";
import { durableStoreContract } from "./durable-contract.ts";
import { anAgent, aSession, bound } from "./samples.ts";

const folder = mkdtempSync(join(tmpdir(), "sessions-"));
after(() => rmSync(folder, { recursive: true }));

let files = 0;
const aFile = () => join(folder, `${files++}`, "sessions.db");

function open(path: string, { keys, ...options }: OpenOptions = {}) {
  return openStore(
    { kind: "sqlite", prefix: "cbff", url: `sqlite:${path}`, path, keys: keys ?? null },
    { clock: systemClock, chance: systemChance, eventsKept: 100, onCorrupt: () => undefined, ...options },
  );
}

storeContract("sqlite file", (options) => open(aFile(), options));

durableStoreContract("sqlite file", async () => {
  const path = aFile();
  return {
    open: (options) => open(path, options),
    atRest: async () => everyFileOf(dirname(path)),
    tamper: async (kind, name, change) => {
      const database = new DatabaseSync(path);
      const [table, key] = kind === "agent" ? ["agents", "agent_id"] : ["sessions", "name"];
      const row = database.prepare(`SELECT sealed FROM ${table} WHERE ${key} = ?`).get(name);
      const sealed = change(String(row?.sealed));
      database.prepare(`UPDATE ${table} SET sealed = ? WHERE ${key} = ?`).run(sealed, name);
      database.close();
    },
  };
});

describe("an sqlite file", () => {
  test("and all beside it are readable by their owner alone, in a folder that is made when missing", async () => {
    const path = aFile();
    const store = await open(path);
    await bound(store, aSession());
    const names = readdirSync(dirname(path)).sort();
    assert.deepEqual(names, ["sessions.db", "sessions.db-wal", "sessions.db.key"]);
    for (const name of names) assert.equal(statSync(join(dirname(path), name)).mode & 0o777, 0o600, name);
    assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
    await store.close();

    chmodSync(path, 0o644);
    await (await open(path)).close();
    assert.equal(statSync(path).mode & 0o777, 0o600, "a file that others could read is closed to them");
  });

  test("holds nothing readable while it is open either", async () => {
    const path = aFile();
    const store = await open(path);
    await bound(store, aSession({ subject: "MARKED", sessionId: "MARKED" }));
    assert.ok(!everyFileOf(dirname(path)).includes("MARKED"));
    await store.close();
  });

  test("belongs to one process: a second one is refused by a message that names the file", async () => {
    const path = aFile();
    const store = await open(path);
    await assert.rejects(open(path), { name: "StoreRefused", message: new RegExp(`${path} is in use`) });

    const second = writingProcess(path);
    const [code] = await once(second.child, "close");
    assert.equal(code, 1);
    assert.match(second.errors(), new RegExp(`${path} is in use by another process`));

    assert.equal(await bound(store, aSession()), null, "the first one goes on");
    await store.close();
    await (await open(path)).close();
  });

  test("loses nothing by kill -9, neither its lock's end nor a Guid that was written", async () => {
    const path = aFile();
    const { child, rounds, errors } = writingProcess(path);
    let acknowledged = 0;
    for await (const line of rounds) {
      acknowledged = Number(line);
      if (acknowledged === 200) child.kill("SIGKILL");
    }
    assert.ok(acknowledged >= 200, errors());

    const corrupt: unknown[] = [];
    const store = await open(path, { onCorrupt: (record) => corrupt.push(record) });
    const agent = await store.getAgent("101" as AgentId);
    assert.ok(agent && agent.guidVersion >= acknowledged);
    assert.equal(agent.guid, `guid-${agent.guidVersion}`);
    for (let round = 1; round <= acknowledged; round++) {
      assert.ok(
        await store.getSession({ issuer: "app", sessionId: `session ${round}` as SessionId }),
        `session ${round}`,
      );
    }
    assert.deepEqual(corrupt, []);
    await store.close();
  });

  test("gives out a new Guid only when it is on the disk", async () => {
    const store = await open(aFile());
    const created = await store.createAgent(anAgent());
    assert.ok(created);
    const guid = "the-newest" as Guid;
    const written = store.updateAgent({ ...created, guid, guidVersion: created.guidVersion + 1 });
    let read: Guid | undefined;
    const reading = store.getAgent(created.agentId).then((agent) => {
      read = agent?.guid;
    });
    // An fsync comes back by the event loop; what is given out at once is there after a few microtasks.
    for (let microtask = 0; microtask < 100; microtask++) await null;
    assert.equal(read, undefined);
    await Promise.all([written, reading]);
    assert.equal(read, guid);
    await store.close();
  });

  test("whose log cannot be brought to the disk is unavailable from then on", async () => {
    const path = aFile();
    const store = await open(path);
    const session = aSession();
    // As an fsync that fails: the log's name is gone, so it cannot be opened for one.
    rmSync(`${path}-wal`);
    await assert.rejects(bound(store, session), { code: "session-store-unavailable" });
    await assert.rejects(store.pingRead(), { code: "session-store-unavailable" });
    await assert.rejects(bound(store, session), { code: "session-store-unavailable" });
    await store.close();
  });

  test("that is full makes the store unavailable and loses no session", async () => {
    const path = aFile();
    const database = openDatabase(path);
    const store = new SqliteStore(database, {
      keys: [Buffer.alloc(32, 1)],
      clock: systemClock,
      chance: systemChance,
      eventsKept: 1,
      onCorrupt: () => assert.fail(),
    });
    const kept = aSession();
    await bound(store, kept);
    const agent = await store.createAgent(anAgent());
    assert.ok(agent);
    database.exec("PRAGMA max_page_count = 1");
    const isFull = (error: unknown) =>
      error instanceof Error &&
      "code" in error &&
      error.code === "session-store-unavailable" &&
      error.cause instanceof Error &&
      error.cause.message === "SQLite: database or disk is full";
    await assert.rejects(async () => {
      for (let at = 0; at < 1_000; at++) await bound(store, aSession());
    }, isFull);
    assert.deepEqual(await store.getSession(kept), kept);
    await store.pingRead();
    await assert.rejects(store.pingWrite(), isFull);
    await assert.rejects(store.updateAgent({ ...agent, cookies: "x".repeat(100_000) }), isFull);
    assert.deepEqual(await store.getAgent(agent.agentId), agent);
    database.exec("PRAGMA max_page_count = 1000000");
    assert.ok(await store.updateAgent({ ...agent, cookies: "x".repeat(100_000) }), "with room again it goes on");
    await store.pingWrite();
    await store.close();
  });

  test("that was deleted, moved or replaced while it is open takes no writes that would last, and says so", async () => {
    for (const file of ["", "-wal"]) {
      const path = aFile();
      const store = await open(path);
      await bound(store, aSession());
      await store.pingWrite();
      renameSync(`${path}${file}`, `${path}.moved`);
      const isGone = ({ code, cause }: { code: string; cause: { code: string } }) =>
        code === "session-store-unavailable" && cause.code === "FILE_GONE";
      await assert.rejects(store.pingWrite(), isGone);
      copyFileSync(`${path}.moved`, `${path}${file}`);
      await assert.rejects(store.pingWrite(), isGone, "another in its place is not the one that is open");
      await store.pingRead();
      rmSync(`${path}${file}`);
      renameSync(`${path}.moved`, `${path}${file}`);
      await store.pingWrite();
      await store.close();
    }
  });

  test("with damaged pages tells of every agent all the same, and hands out those that stand on others", async () => {
    for (const table of ["agents", "sessions"]) {
      const path = aFile();
      const before = await open(path);
      const agents = Array.from({ length: 200 }, () => anAgent());
      for (const agent of agents) {
        await before.createAgent(agent);
        await bound(before, aSession({ agentId: agent.agentId }));
      }
      await before.close();
      const damaged = damageAPageOf(path, table);
      const reported: string[] = [];
      const store = await open(path, { onCorrupt: ({ kind, name }) => reported.push(`${kind} ${name}`) });
      const ids = await store.agentIds();
      assert.deepEqual(ids.sort(), agents.map(({ agentId }) => agentId).sort(), table);
      const found = [...(await store.getAgents(ids)).values()];
      assert.equal(found.length, 200, "none is taken for absent");
      const read = found.filter((agent) => typeof agent !== "string");
      assert.ok(read.length >= (table === "agents" ? 120 : 200), `${read.length}`);
      if (table === "agents") assert.ok(read.length < 200 && reported.includes("table agents"), damaged);
      await store.pingRead();
      await store.pingWrite();
      let served = 0;
      for (const agent of read) {
        assert.ok(await store.updateAgent({ ...agent, guid: "another" as Guid }), "each can be polled on");
        await store.hasSessions(agent.agentId, { counts: () => true, damaged: true }).then(
          (has) => {
            assert.ok(has, "nobody is without sessions");
            served += 1;
          },
          (error: { code: string }) => assert.equal(error.code, "session-store-unavailable"),
        );
      }
      assert.ok(served > 100, `${served}`);
      await store.close();
    }
  });

  test("of a newer release, of another program, or of no database is refused and left as it is", async () => {
    const newer = aFile();
    await (await open(newer)).close();
    change(newer, "PRAGMA user_version = 99");
    await assert.rejects(open(newer), {
      name: "StoreRefused",
      message: new RegExp(`${newer}: the file has schema version 99, and this release knows versions up to`),
    });

    // Ours, and with tables: a release always writes its version with them.
    for (const version of [0, -1]) {
      change(newer, `PRAGMA user_version = ${version}`);
      await assert.rejects(open(newer), {
        name: "StoreRefused",
        message: new RegExp(`${newer}: the file has schema version ${version}, which no release has written`),
      });
    }

    const other = join(folder, "other.db");
    change(other, "CREATE TABLE customers (name TEXT)");
    await assert.rejects(open(other), { name: "StoreRefused", message: /none of this service/ });

    const text = join(folder, "notes.txt");
    writeFileSync(text, "these are notes\n".repeat(100));
    await assert.rejects(open(text), { name: "StoreRefused", message: new RegExp(`${text} cannot be opened`) });
    assert.equal(readFileSync(text, "utf8"), "these are notes\n".repeat(100));

    const beneath = join(text, "sessions.db");
    await assert.rejects(open(beneath), { name: "StoreRefused", message: /notes\.txt is a file, and not a folder/ });
  });

  test("of an older release is brought to the newest schema with all it holds, or not at all", async () => {
    const path = aFile();
    const session = aSession();
    const store = await open(path);
    await bound(store, session);
    await store.close();

    const addition = "ALTER TABLE sessions ADD COLUMN note TEXT NOT NULL DEFAULT 'none'";
    const database = openDatabase(path);
    assert.throws(() => migrate(database, [...steps, addition, "ALTER TABLE missing ADD COLUMN note TEXT"]));
    assert.equal(database.prepare("PRAGMA user_version").get()?.user_version, steps.length);
    assert.throws(() => database.prepare("SELECT note FROM sessions"));
    migrate(database, [...steps, addition]);
    assert.equal(database.prepare("PRAGMA user_version").get()?.user_version, steps.length + 1);
    assert.equal(database.prepare("SELECT note FROM sessions").get()?.note, "none");
    migrate(database, [...steps, addition]);
    database.close();

    change(path, `PRAGMA user_version = ${steps.length}`);
    const reopened = await open(path);
    assert.deepEqual(await reopened.getSession(session), session);
    await reopened.close();
  });
});

describe("the key beside an sqlite file", () => {
  test("that is gone is missed: where there are sessions, no new one is made in its place", async () => {
    for (const fill of [
      (store: SessionStore) => bound(store, aSession()),
      (store: SessionStore) => store.createAgent(anAgent()),
    ]) {
      const path = aFile();
      const store = await open(path);
      await fill(store);
      await store.close();
      const key = readFileSync(`${path}.key`);
      rmSync(`${path}.key`);
      const before = readFileSync(path);
      await assert.rejects(open(path), {
        name: "StoreRefused",
        message: new RegExp(`${path}\\.key is gone.*Put it back, or set SESSION_KEYS`),
      });
      assert.ok(!readdirSync(dirname(path)).includes("sessions.db.key"));
      assert.deepEqual(readFileSync(path), before);
      writeFileSync(`${path}.key`, key);
      await (await open(path)).close();
    }
  });

  test("that is gone beside an empty file is made anew", async () => {
    const path = aFile();
    await (await open(path)).close();
    rmSync(`${path}.key`);
    await (await open(path)).close();
  });

  test("of another installation is refused where there are sessions, and changes nothing", async () => {
    const path = aFile();
    const store = await open(path, { keys: [Buffer.alloc(32, 1)] });
    const session = aSession();
    await bound(store, session);
    await store.close();
    const before = readFileSync(path);
    await assert.rejects(open(path, { keys: [Buffer.alloc(32, 2)] }), {
      name: "StoreRefused",
      message: new RegExp(`${path}: other SESSION_KEYS have sealed`),
    });
    assert.deepEqual(readFileSync(path), before);
    const again = await open(path, { keys: [Buffer.alloc(32, 1)] });
    assert.deepEqual(await again.getSession(session), session);
    await again.close();
  });

  test("is made once and kept", async () => {
    const path = aFile();
    await (await open(path)).close();
    const key = readFileSync(`${path}.key`, "utf8");
    assert.match(key, /^[A-Za-z0-9+/]{43}=\n$/);
    await (await open(path)).close();
    assert.equal(readFileSync(`${path}.key`, "utf8"), key);
  });

  test("may be followed by older ones, one a line", async () => {
    const path = aFile();
    const agent = anAgent();
    const store = await open(path);
    await store.createAgent(agent);
    await store.close();
    writeFileSync(`${path}.key`, `${Buffer.alloc(32, 7).toString("base64")}\n${readFileSync(`${path}.key`, "utf8")}\n`);
    const rotated = await open(path);
    assert.ok(await rotated.getAgent(agent.agentId));
    await rotated.close();
  });

  test("is not made when keys are given, and refused when it holds none", async () => {
    const path = aFile();
    await (await open(path, { keys: [Buffer.alloc(32, 1)] })).close();
    assert.deepEqual(readdirSync(dirname(path)), ["sessions.db"]);
    const quoted = `"${Buffer.alloc(32, 7).toString("base64")}"\n`;
    for (const content of ["", "c2hvcnQ=\n", quoted]) {
      writeFileSync(`${path}.key`, content);
      await assert.rejects(open(path), { name: "StoreRefused", message: /has to hold base64 keys of 32 bytes/ });
    }
    await (await open(path, { keys: [Buffer.alloc(32, 1)] })).close();
  });
});

function writingProcess(path: string) {
  const program = fileURLToPath(new URL("./writing-process.ts", import.meta.url));
  const child = spawn(process.execPath, [program, path], { stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk) => (errors += chunk));
  return { child, rounds: createInterface(child.stdout), errors: () => errors };
}

/** Overwrites a page in the middle of a table. */
function damageAPageOf(path: string, table: string): string {
  const database = new DatabaseSync(path);
  const { rootpage } = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").get(table) as {
    rootpage: number;
  };
  const size = Number(database.prepare("PRAGMA page_size").get()?.page_size);
  database.close();
  const file = readFileSync(path);
  const root = file.subarray((rootpage - 1) * size, rootpage * size);
  // An interior page of an index b-tree: the pointers to its cells begin at 12, a cell with the page it leads to.
  assert.equal(root[0], 2, "more than one page");
  const cells = root.readUInt16BE(3);
  const cell = root.readUInt16BE(12 + 2 * Math.floor(cells / 2));
  const page = root.readUInt32BE(cell);
  file.fill(0xff, (page - 1) * size, page * size);
  writeFileSync(path, file);
  return `page ${page} of ${file.length / size}, below ${rootpage}`;
}

function everyFileOf(path: string): Buffer {
  // Reading a file that this process has open ends its lock, so no test may count on the lock afterwards.
  return Buffer.concat(readdirSync(path).map((name) => readFileSync(join(path, name))));
}

function change(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}
