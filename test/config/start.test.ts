import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { compileCache } from "../support/compile-cache.ts";

const main = join(import.meta.dirname, "../../src/main.ts");

test("with a wrong configuration the service ends with 78 before it opens anything, naming every mistake and no value", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "conferences-bff-start-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const { status, stdout, stderr } = spawnSync(process.execPath, [main], {
    cwd: directory,
    encoding: "utf8",
    env: {
      ...compileCache(),
      PORT: "not-a-port",
      TOKEN_SECRET: "mArKeD-too-short",
      SESSION_STORE_URL: "mysql://u:mArKeD@host",
    },
  });
  assert.equal(status, 78);
  for (const name of ["GATEWAY_URL", "PORT", "TOKEN_SECRET", "SESSION_STORE_URL"])
    assert.match(stderr, new RegExp(`^  ${name}: `, "m"));
  assert.doesNotMatch(stdout + stderr, /mArKeD|not-a-port|^ +at /m);
  assert.deepEqual(readdirSync(directory), []);
});

test("where the store can be none the service ends with 78 too, which starts it no more, and says whose path that is", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "conferences-bff-start-"));
  t.after(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, "folder"), { mode: 0o755 });
  const { status, stderr } = spawnSync(process.execPath, [main], {
    cwd: directory,
    encoding: "utf8",
    env: {
      ...compileCache(),
      GATEWAY_URL: "http://127.0.0.1:9/resource",
      PORT: "0",
      SESSION_STORE_URL: "sqlite:folder",
    },
  });
  assert.equal(status, 78);
  assert.match(stderr, /^SESSION_STORE_URL: .*folder is a folder, and not a file$/m);
  assert.equal(statSync(join(directory, "folder")).mode & 0o777, 0o755);
  assert.deepEqual(readdirSync(directory), ["folder"]);
});

test("where the secret of its own cannot be what is kept the service ends with 78, does not wait, and has written nothing", (t) => {
  const kept = "sessions.db.token-secret";
  const mistaken: readonly (readonly [why: RegExp, make: (path: string) => void])[] = [
    [/is no file$/m, (path) => execFileSync("mkfifo", [path])],
    [/is no file$/m, (path) => mkdirSync(path)],
    [/is a link to something that is not there$/m, (path) => symlinkSync("elsewhere", path)],
    [/has to hold secrets of 32 bytes or more/, (path) => writeFileSync(path, "short\n")],
  ];
  for (const [why, make] of mistaken) {
    const directory = mkdtempSync(join(tmpdir(), "conferences-bff-start-"));
    t.after(() => rmSync(directory, { recursive: true }));
    make(join(directory, kept));
    const { status, stderr } = spawnSync(process.execPath, [main], {
      cwd: directory,
      encoding: "utf8",
      timeout: 20_000,
      // Who waits within a call of the system hears no other.
      killSignal: "SIGKILL",
      env: {
        ...compileCache(),
        GATEWAY_URL: "http://127.0.0.1:9/resource",
        PORT: "0",
        SESSION_STORE_URL: "sqlite:sessions.db",
      },
    });
    assert.equal(status, 78, String(why));
    assert.match(stderr, why);
    assert.match(stderr, /^ {2}\/.*sessions\.db\.token-secret: /m);
    assert.deepEqual(readdirSync(directory), [kept]);
  }
});
