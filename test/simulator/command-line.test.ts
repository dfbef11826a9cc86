import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { KNOB_NAMES } from "../../simulator/settings.ts";
import { parsed, send } from "./gateway-client.ts";

const main = new URL("../../simulator/main.ts", import.meta.url).pathname;
const run = promisify(execFile);

async function started(t: TestContext, args: readonly string[]): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(process.execPath, [main, "--port", "0", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return { child, line };
}

test("the program prints one line and ends with 0 on SIGTERM and SIGINT, polls held or not", async (t) => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const { child, line } = await started(t, ["--json"]);
    const { url, controlUrl, caFile } = JSON.parse(line);
    assert.equal(caFile, null);
    const { guid } = JSON.parse((await send("POST", `${controlUrl}/agents/1201/sign-in`)).text);
    for (let event = 0; event < 3; event += 1) await send("GET", `${url}/agentevent/1201`, { guid });
    const poll = assert.rejects(send("GET", `${url}/agentevent/1201`, { guid }));
    let held = 0;
    while (held === 0) held = JSON.parse((await send("GET", `${controlUrl}/state`)).text).heldPolls;
    child.kill(signal);
    assert.deepEqual(await once(child, "exit"), [0, null]);
    await poll;
  }
});

test("every setting is an option, flags with and without a value", async (t) => {
  const { line } = await started(t, ["--json", "--auth-mode", "static", "--poll-hold-ms=7", "--no-cookies"]);
  const { controlUrl } = JSON.parse(line);
  const settings = JSON.parse((await send("GET", `${controlUrl}/settings`)).text);
  assert.deepEqual([settings.authMode, settings.pollHoldMs, settings.cookies], ["static", 7, false]);

  const second = await started(t, ["--require-cookies", "--iscensor=false", "--control-port", "0", "--agents", "3"]);
  const [, url = "", control = ""] = second.line.match(/^Gateway simulator at (\S+), control at (\S+)$/) ?? [];
  assert.match(url, /\/agentgateway\/resource$/);
  const flags = JSON.parse((await send("GET", `${control}/settings`)).text);
  assert.deepEqual([flags.requireCookies, flags.iscensor], [true, false]);
  const body = { password: "secret-20003", phonenum: "1" };
  assert.equal(parsed(await send("PUT", `${url}/onlineagent/20003`, { body })).retcode, "0");
});

test("a port that is taken is told with the option that chooses another one", async (t) => {
  const { line } = await started(t, ["--json"]);
  const { port } = new URL(JSON.parse(line).url);
  await assert.rejects(
    run(process.execPath, [main, "--port", port]),
    (error: Error & { code?: number; stderr?: string }) => {
      assert.equal(error.code, 1);
      assert.match(error.stderr ?? "", /in use 127\.0\.0\.1:\d+: see --port\n$/);
      return true;
    },
  );
});

test("a scenario can come from a file", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "scenario-"));
  t.after(() => rm(directory, { recursive: true }));
  const file = join(directory, "one.json");
  await writeFile(file, JSON.stringify({ steps: [{ waitMs: 0, start: "x", conference: { vdnId: 9 } }] }));
  const { line } = await started(t, ["--json", "--scenario", file]);
  const list = `${JSON.parse(line).controlUrl}/conferences?vdnId=9`;
  let found = 0;
  while (found === 0) found = JSON.parse((await send("GET", list)).text).length;
  assert.equal(found, 1);
});

test("--help names every option and every command", async () => {
  const { stdout } = await run(process.execPath, [main, "--help"]);
  for (const name of KNOB_NAMES)
    assert.match(stdout, new RegExp(`--${name.replace(/[A-Z]/g, (x) => `-${x.toLowerCase()}`)} `));
  for (const part of ["--tls ", "--agents ", "GET /simulator/violations", "invalid-json", "secret-1201"]) {
    assert.ok(stdout.includes(part), part);
  }
});

test("a wrong option ends the program with 64 and one line that names it", async () => {
  for (const [args, message] of [
    [["--bogus"], /--bogus/],
    [["--time-scale", "0"], /^timeScale: a number above 0\n$/],
    [["--port", "http"], /^--port: a whole number\n$/],
    [["--cert", "x.pem"], /^--cert and --key go together\n$/],
  ] as const) {
    await assert.rejects(run(process.execPath, [main, ...args]), (error: { code: number; stderr: string }) => {
      assert.equal(error.code, 64);
      assert.match(error.stderr, message);
      assert.equal(error.stderr.trim().split("\n").length, 1);
      return true;
    });
  }
});

test("the simulator stands alone: it imports Node's own modules and its own files only", async () => {
  const folder = new URL("../../simulator/", import.meta.url).pathname;
  const files = await readdir(folder, { recursive: true });
  for (const file of files.filter((name) => name.endsWith(".ts"))) {
    for (const [, from = ""] of (await readFile(join(folder, file), "utf8")).matchAll(/from "([^"]+)"/g)) {
      assert.ok(from.startsWith("node:") || join(folder, dirname(file), from).startsWith(folder), `${file}: ${from}`);
    }
  }
});
