import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openStore, refuseMistakenFile } from "../../../src/sessions/stores/index.ts";
import { systemChance, systemClock } from "../../../src/system-clock.ts";

const folder = mkdtempSync(join(tmpdir(), "places-"));
chmodSync(folder, 0o755);
after(() => rmSync(folder, { recursive: true }));

let number = 0;
function aFolder(): string {
  const path = join(folder, String(number++));
  mkdirSync(path);
  chmodSync(path, 0o755);
  return path;
}

function open(path: string) {
  return openStore(
    { kind: "sqlite", prefix: "cbff", url: `sqlite:${path}`, path, keys: null },
    { clock: systemClock, chance: systemChance, eventsKept: 10, onCorrupt: () => undefined },
  );
}

const look = (path: string): void =>
  refuseMistakenFile({ kind: "sqlite", prefix: "cbff", url: `sqlite:${path}`, path, keys: null });

/** Everything in a folder, by name: what it is, who may do what with it, and what it holds. */
function everythingIn(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .toSorted()
    .map((name) => {
      const { mode, mtimeMs, uid } = lstatSync(join(path, name));
      const isFile = lstatSync(join(path, name)).isFile();
      return `${name} ${mode.toString(8)} ${mtimeMs} ${uid} ${isFile ? readFileSync(join(path, name), "base64") : ""}`;
    });
}

async function refusedByAll(path: string, why: RegExp, within: string): Promise<void> {
  const before = everythingIn(within);
  // Who only looks, beside a service that may be running, is told the same.
  assert.throws(() => look(path), { name: "StoreRefused", message: why });
  await assert.rejects(open(path), { name: "StoreRefused", message: why });
  assert.deepEqual(everythingIn(within), before, "nothing has changed");
}

test("who looks at the file of a running service finds it well, and takes no lock away", async () => {
  const place = aFolder();
  const path = join(place, "sessions.db");
  const missing = join(place, "a", "b", "sessions.db");
  look(missing);
  assert.deepEqual(readdirSync(place), []);
  const store = await open(path);
  assert.equal(await triedAsOwner("look", path), "");
  assert.match(await triedAsOwner("open", path), /is in use by another process/);
  await store.close();
});

describe("a path of the session store that is mistaken is refused in plain words, and changes nothing", () => {
  test("a folder", async () => {
    const place = aFolder();
    const data = join(place, "data");
    mkdirSync(data, { mode: 0o755 });
    await refusedByAll(data, /data is a folder, and not a file/, place);
    writeFileSync(join(data, "theirs"), "x");
    await refusedByAll(data, /data is a folder, and not a file/, place);
  });

  test("a pipe, a socket, a device: none of them is waited for", async () => {
    const place = aFolder();
    execFileSync("mkfifo", [join(place, "pipe")]);
    await refusedByAll(join(place, "pipe"), /is a pipe, and not a file/, place);
    const server = createServer().listen(join(place, "socket"));
    await refusedByAll(join(place, "socket"), /is a socket, and not a file/, place);
    server.close();
    const before = lstatSync("/dev/null").mode;
    await assert.rejects(open("/dev/null"), { name: "StoreRefused", message: /is a device, and not a file/ });
    assert.equal(lstatSync("/dev/null").mode, before);
  });

  test("a link to what is not there", async () => {
    const place = aFolder();
    symlinkSync(join(place, "nowhere"), join(place, "link"));
    await refusedByAll(join(place, "link"), /is a link to something that is not there/, place);
  });

  test("something below a file", async () => {
    const place = aFolder();
    writeFileSync(join(place, "notes"), "notes");
    await refusedByAll(join(place, "notes", "a", "sessions.db"), /notes is a file, and not a folder/, place);
  });

  test("one that names a folder which is not there", async () => {
    const path = join(aFolder(), "data");
    await assert.rejects(
      openStore(
        { kind: "sqlite", prefix: "cbff", url: `sqlite:${path}/`, path, keys: null },
        { clock: systemClock, chance: systemChance, eventsKept: 10, onCorrupt: () => undefined },
      ),
      { name: "StoreRefused", message: /names a folder, and not a file in it/ },
    );
    assert.deepEqual(readdirSync(join(path, "..")), []);
  });

  test("somebody's text, with others who may read it", async () => {
    const place = aFolder();
    const text = join(place, "notes");
    writeFileSync(text, "these are notes\n".repeat(100));
    chmodSync(text, 0o644);
    await refusedByAll(text, /notes cannot be opened: file is not a database/, place);
  });

  for (const mode of ["DELETE", "WAL"]) {
    test(`somebody's database in the mode ${mode}, also while its owner has it open`, async () => {
      const place = aFolder();
      const path = join(place, "customers.db");
      const database = new DatabaseSync(path);
      database.exec(`PRAGMA journal_mode = ${mode}; CREATE TABLE customers (name TEXT)`);
      chmodSync(path, 0o644);
      await refusedByAll(path, /none of this service/, place);
      database.exec("INSERT INTO customers VALUES ('a')");
      database.close();
      await refusedByAll(path, /customers\.db: the file is an SQLite database, but none of this service/, place);
    });
  }

  test("with a folder, a pipe or nonsense where its key would be", async () => {
    for (const make of [(path: string) => mkdirSync(path), (path: string) => execFileSync("mkfifo", [path])]) {
      const place = aFolder();
      make(join(place, "sessions.db.key"));
      await refusedByAll(join(place, "sessions.db"), /sessions\.db\.key is a (?:folder|pipe), and not a file/, place);
    }
    const place = aFolder();
    writeFileSync(join(place, "sessions.db.key"), "nonsense");
    await refusedByAll(join(place, "sessions.db"), /has to hold base64 keys/, place);
  });

  test("one where the user may not do what is needed", async () => {
    /** The folder is open to all; what lies in it is not. */
    const withFile = (name: string, mode: number) => (place: string) => {
      chmodSync(place, 0o777);
      writeFileSync(join(place, name), "");
      chmodSync(join(place, name), mode);
      return join(place, "sessions.db");
    };
    const cases: Record<string, readonly [(place: string) => string, RegExp]> = {
      "the folder may not be written": [(place) => join(place, "sessions.db"), /may not write in the folder .*\/\d+$/],
      "nor a folder be made in it": [
        (place) => join(place, "a", "b", "sessions.db"),
        /may not write in the folder .*\/\d+$/,
      ],
      "the folder may not be entered": [
        (place) => {
          mkdirSync(join(place, "closed", "inner"), { recursive: true });
          chmodSync(join(place, "closed"), 0o600);
          return join(place, "closed", "inner", "sessions.db");
        },
        /may not look into the folder .*closed$/,
      ],
      "the file may not be read": [withFile("sessions.db", 0o000), /may not read and write .*sessions\.db$/],
      "the file may be read and not written": [
        withFile("sessions.db", 0o444),
        /may not read and write .*sessions\.db$/,
      ],
      "the file is another user's, and open to all": [
        withFile("sessions.db", 0o666),
        /others may read the file, and the user \S+ may not change that: it is not theirs$/,
      ],
      "the log beside it is another user's": [
        withFile("sessions.db-wal", 0o000),
        /may not read and write .*sessions\.db-wal$/,
      ],
      "the key beside it may not be read": [withFile("sessions.db.key", 0o000), /may not read .*sessions\.db\.key$/],
    };
    for (const [what, [make, why]] of Object.entries(cases)) {
      const place = aFolder();
      chmodSync(place, 0o555);
      const path = make(place);
      for (const act of ["look", "open"] as const) {
        const errors = await triedAsNobody(act, path);
        assert.match(errors, /^StoreRefused: .*user \S+ may not /, `${act}: ${what}`);
        assert.match(errors.trim(), why, `${act}: ${what}`);
      }
      // So that it can be removed again by whoever runs this.
      chmodSync(place, 0o755);
      execFileSync("chmod", ["-R", "u+rwX", place]);
    }
  });
});

const triedAsNobody = (act: "look" | "open", path: string): Promise<string> => tried(act, path, "nobody");
const triedAsOwner = (act: "look" | "open", path: string): Promise<string> => tried(act, path, "owner");

async function tried(act: "look" | "open", path: string, user: "nobody" | "owner"): Promise<string> {
  const program = fileURLToPath(new URL("./starting-process.ts", import.meta.url));
  const child = spawn(process.execPath, [program, act, path, user], {
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 20_000,
  });
  let errors = "";
  for await (const chunk of child.stderr) errors += chunk;
  return errors;
}
