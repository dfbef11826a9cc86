import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createClient, isProblem } from "../../client/index.js";
import { launchBrowser, sees } from "../board/browser.ts";
import { compileCache } from "../support/compile-cache.ts";
import { until } from "../support/until.ts";

const root = join(import.meta.dirname, "../..");
const { scripts } = (await import("../../package.json", { with: { type: "json" } })).default;
const running = new Set<ChildProcess>();
const clone = cleanClone();
after(() => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(clone, { recursive: true, force: true });
});

/** A folder with what a clean clone of this tree has, and with its packages: nothing else that lies around here. */
function cleanClone(): string {
  const folder = mkdtempSync(join(tmpdir(), "clean-clone-"));
  const listed = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" });
  const files = listed.split("\0").filter((file) => file !== "" && existsSync(join(root, file)));
  assert.ok(files.length > 0);
  for (const file of files) cpSync(join(root, file), join(folder, file));
  symlinkSync(realpathSync(join(root, "node_modules")), join(folder, "node_modules"));
  return folder;
}

/** An example as its one command starts it. */
function start(name: "example:page" | "example:script" | "example:portal") {
  const file = scripts[name].split(" ").at(-1) ?? "";
  const { PATH } = process.env;
  const child = spawn(process.execPath, [file], {
    cwd: clone,
    env: { PATH, ...compileCache() },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (piece) => (text += piece));
  return {
    text: () => text,
    async says(pattern: RegExp): Promise<string> {
      await until(
        () => pattern.test(text) || child.exitCode !== null,
        30_000,
        () => text,
      );
      const [, found] = pattern.exec(text) ?? assert.fail(text);
      return found ?? "";
    },
    async end() {
      const ended = once(child, "exit");
      child.kill("SIGINT");
      const [code] = await ended;
      running.delete(child);
      assert.equal(code, 0, text);
    },
  };
}

test("from a clean clone the script prints what there is and how fresh it is, and signs out at Ctrl-C", async () => {
  const script = start("example:script");
  await script.says(/^355840 {2}\d+ of 60 min, 1251 1252 70005$/m);
  await script.says(/^-- live$/m);
  await script.end();
  assert.match(script.text(), /^-- ended: closed$/m);
});

test("from a clean clone the page on another origin signs in and shows the list", async () => {
  const example = start("example:page");
  const address = await example.says(/^page +(\S+)$/m);
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(address);
    await page.fill("[name=password]", "wrong");
    await page.click("button");
    await sees(page, /Wrong agent or password/);
    await page.fill("[name=password]", "secret-1201");
    await page.click("button");
    await sees(page, /^355840: \d+ of 60 min, 3 participants$/);
    await sees(page, /^live$/);
  } finally {
    await browser.close();
  }
  await example.end();
});

test("from a clean clone the portal binds a session for its user, whose token then works at the service, and ends it", async () => {
  const example = start("example:portal");
  const portal = await example.says(/^portal +(\S+)$/m);
  const ask = (path: string, password = "ann's password") =>
    fetch(portal + path, { method: "POST", body: JSON.stringify({ user: "ann", password }) });
  assert.equal((await ask("/sign-in", "guessed")).status, 403);
  const { token, serviceUrl } = (await (await ask("/sign-in")).json()) as { token: string; serviceUrl: string };
  const client = createClient({ baseUrl: serviceUrl, token });
  assert.equal((await client.session()).agentId, "1201");
  assert.ok((await client.list()).conferences.length >= 3);
  assert.equal((await ask("/sign-out")).status, 200);
  await assert.rejects(client.list(), (error) => isProblem(error, "session-not-found"));
  await example.end();
});
