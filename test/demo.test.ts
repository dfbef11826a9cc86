import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fillIn, launchBrowser, openBoard, sees } from "./board/browser.ts";

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
  const printed = /^board +(\S+) +\(agent (\d+), password (\S+), phone (\d+)\)$/m.exec(lines.join("\n"));
  const [, board = "", agentId = "", password = "", phoneNumber = ""] = printed ?? [];
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const { page, complaints } = await openBoard(browser, board);
  await fillIn(page, { agentId, password, phoneNumber });
  // Live without a question: nobody has to be signed out for the reader of the demo.
  await sees(page, /^(?:Live|Agent \d+ is signed in already)$/);
  assert.equal(await page.locator("dialog[open]").count(), 0);
  await page.locator(".conference").first().waitFor();
  assert.deepEqual(complaints, []);
  const exited = once(child, "exit");
  child.kill("SIGINT");
  assert.deepEqual(await exited, [0, null]);
});
