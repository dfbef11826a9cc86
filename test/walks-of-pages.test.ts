import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { promisify } from "node:util";
import { startPair } from "./support/service.ts";

/** What a page tells its reader to type, typed as it stands there; docs/conference-control.md has a test of its own. */
suite("What a page says to do with curl works as it stands there", () => {
  let pair: Awaited<ReturnType<typeof startPair>>;
  before(async () => {
    pair = await startPair({
      simulator: { changeMs: 1, phoneAnswerMs: 1 },
      environment: { AGENT_OPERATIONS: "all" },
    });
  });
  after(() => pair?.close());

  /** The lines that the page's walk prints. */
  async function walked(page: string): Promise<string[]> {
    const text = readFileSync(join(import.meta.dirname, "../docs", page), "utf8");
    const blocks = [...text.matchAll(/^```sh walk\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
    assert.equal(blocks.length, 1);
    const script = blocks
      .join("")
      .replace("http://127.0.0.1:3000", pair.url)
      .replace("sleep 2", "sleep 0.3")
      .replace("--max-time 3", "--max-time 1");
    const { stdout } = await promisify(execFile)("bash", ["-euc", script], { timeout: 60_000 });
    return stdout.split("\n").filter((line) => line !== "");
  }

  test("the first calls: in, the list, its details, its stream, out", async () => {
    const [list = "", details = "", ...rest] = await walked("integrate.md");
    assert.deepEqual(Object.keys(JSON.parse(list).conferences[0]), ["id"]);
    assert.ok(JSON.parse(details).conferences[0].participants.length > 0);
    assert.ok(rest.includes("event: conferences"), rest.join("\n"));
    assert.equal(rest.at(-1), "204");
  });

  test("an agent's operations: dial, look, hang up", async () => {
    const text = readFileSync(join(import.meta.dirname, "../docs/agent-operations.md"), "utf8");
    const shown = /^```text\n(\{[\s\S]*?)^```$/m.exec(text)?.[1]?.trim().split("\n") ?? [];
    const [called = "", ...rest] = await walked("agent-operations.md");
    assert.match(JSON.parse(called).result, /^\d+-\d+$/);
    assert.match(JSON.parse(shown[0] ?? "").result, /^\d+-\d+$/);
    assert.deepEqual(rest, shown.slice(1));
  });
});
