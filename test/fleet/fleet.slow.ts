import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { suite, test } from "node:test";

const script = new URL("../../scripts/fleet.ts", import.meta.url).pathname;

async function fleet(...args: readonly string[]) {
  const child = spawn(process.execPath, [script, ...args], { timeout: 240_000 });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  const [status] = await once(child, "close");
  return { status, stdout, stderr };
}

suite("npm run fleet", () => {
  test("replaces every instance under load, with no request failed and no agent lost", async (t) => {
    const { status, stdout, stderr } = await fleet("--replace");
    t.diagnostic(stdout.trim().split("\n").join(" · "));
    assert.deepEqual([status, stderr], [0, ""], stdout);
    assert.match(stdout, /^[1-9]\d{3,} requests, 0 failed$/m);
    assert.match(stdout, /^[1-9]\d* streams moved to another instance$/m);
    assert.match(stdout, /^20 agents, 0 lost; 0 calls/m);
    assert.equal(stdout.match(/^instance-[123] replaced/gm)?.length, 3);
  });

  test("sees the alert fire that agents are not being polled when the gateway is cut off, within its two minutes", async (t) => {
    const { status, stdout, stderr } = await fleet("--cut-off");
    t.diagnostic(stdout.trim().split("\n").join(" · "));
    assert.deepEqual([status, stderr], [0, ""], stdout);
    const [, seconds] = /fires after (\d+) s/.exec(stdout) ?? [];
    assert.ok(Number(seconds) > 50 && Number(seconds) < 100, stdout);
  });

  test("shows board, API and Prometheus, and is gone with its processes after a signal", async (t) => {
    const child = spawn(process.execPath, [script, "--agents", "3", "--port", "0"], { timeout: 120_000 });
    t.after(() => child.kill("SIGKILL"));
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      lines.push(line);
      if (line.startsWith("Ctrl-C")) break;
    }
    const said = lines.join("\n");
    const [, authorization = "", list = ""] = /curl -H 'Authorization: (.*?)' '(.*?)'/.exec(said) ?? [];
    assert.equal((await fetch(list, { headers: { authorization } })).status, 200);
    const [, board = ""] = /^board +(\S+)/m.exec(said) ?? [];
    assert.match(await (await fetch(board)).text(), /<!doctype html/i);
    const [, prometheus = ""] = /^prometheus +(\S+)/m.exec(said) ?? [];
    assert.equal((await fetch(`${prometheus}/-/ready`)).status, 200);
    const exited = once(child, "exit");
    child.kill("SIGINT");
    assert.deepEqual(await exited, [0, null]);
    for (const url of [list, prometheus, ...(said.match(/http:\/\/127\.0\.0\.1:\d+(?=[,)])/g) ?? [])])
      await assert.rejects(fetch(url), `${url} still answers`);
  });

  test("explains itself when it is called wrongly", async () => {
    for (const args of [["--agents", "none"], ["--replace", "--cut-off"], ["--oops"]]) {
      const { status, stderr } = await fleet(...args);
      assert.equal(status, 64);
      assert.match(stderr, /Usage: npm run -s fleet/);
    }
  });
});
