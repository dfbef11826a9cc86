import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";

function demo(...options: string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, ["scripts/demo.ts", ...options], { cwd: `${import.meta.dirname}/..` });
}

async function lastLine(child: ChildProcessWithoutNullStreams): Promise<string> {
  let last = "";
  for await (const line of createInterface(child.stdout)) last = line;
  return last;
}

test("the demo shows one conference list as its last line and ends well", async () => {
  const child = demo("--once");
  const [line, [status]] = await Promise.all([lastLine(child), once(child, "exit")]);
  assert.equal(status, 0);
  const { conferences } = JSON.parse(line) as { conferences: { id: string }[] };
  assert.ok(conferences.length > 0);
  for (const { id } of conferences) assert.match(id, /^[0-9]{1,19}$/);
});

test("the demo prints a curl line that works and the board's address, and goes on until Ctrl-C", async (t) => {
  const child = demo();
  t.after(() => child.kill("SIGKILL"));
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (line.startsWith("Ctrl-C")) break;
  }
  const held = lines.find((line) => line.startsWith("POST /conference 201"));
  assert.match(held ?? "none was held", /"own":\{"role":"chair","state":"joined"\}/);
  assert.ok(lines.includes("DELETE /conference 204"));
  const [, authorization = "", url = ""] = /curl -H 'Authorization: (.*?)' '(.*?)'/.exec(lines.join("\n")) ?? [];
  const answer = await fetch(url, { headers: { authorization } });
  assert.equal(answer.status, 200);
  assert.ok(((await answer.json()) as { conferences: unknown[] }).conferences.length > 0);
  const board = lines.find((line) => line.startsWith("board"))?.split(/\s+/)[1] ?? "";
  assert.match((await (await fetch(board)).text()).slice(0, 15), /<!doctype html/i);
  const exited = once(child, "exit");
  child.kill("SIGINT");
  assert.deepEqual(await exited, [0, null]);
});
