import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { assertNoViolations } from "../../sessions/quick-times.ts";
import { startConferences } from "./stage.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/conference-control.md"), "utf8");
const blocks = [...page.matchAll(/^```sh walk\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);

test("the walk of the page works as it stands there: applied, invited, answered, held, handed over, ended, watched", async (t) => {
  const pair = await startConferences({
    environment: { CONFERENCE_STREAM_INTERVAL_MS: "20", GATEWAY_TIMEOUT_MS: "5000" },
  });
  const folder = mkdtempSync(join(tmpdir(), "walk-"));
  t.after(async () => {
    rmSync(folder, { recursive: true });
    await pair.close();
  });
  assert.ok(blocks.length >= 6);
  const script = blocks.join("").replace("http://127.0.0.1:3000", pair.url).replace("sleep 3", "sleep 0.3");
  const { stdout } = await promisify(execFile)("bash", ["-euc", `set -m\n${script}`], { cwd: folder, timeout: 60_000 });
  const lines = stdout.split("\n").filter((line) => line !== "");
  const answers = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  const [applied, invited, answered, held, back, handed, chaired] = answers;
  assert.deepEqual(applied.own, { role: "chair", state: "joined" });
  assert.deepEqual(
    invited.participants.map(({ address }: { address: string }) => address),
    ["70005", "1202"],
  );
  assert.deepEqual([answered.id, answered.own.role], [applied.id, "participant"]);
  assert.deepEqual([held.address, held.state, back.state], ["70005", "held", "connected"]);
  assert.deepEqual([handed, chaired.own.role], [{ chair: "1202" }, "chair"]);
  assert.deepEqual(lines.filter((line) => line === "204").length, 4, "the end of it, and three sign-outs");
  const seen = lines
    .filter((line) => line.startsWith("data: "))
    .map((line) => JSON.parse(line.slice(6)).conferences.find(({ id }: { id: string }) => id === applied.id))
    .map((one) => one?.participants.length ?? 0);
  assert.ok(seen.includes(3), `${seen}`);
  assert.equal(seen.at(-1), 0);
  assertNoViolations(pair.simulator);
});
