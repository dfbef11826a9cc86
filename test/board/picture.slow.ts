import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

test("the README's picture of the board can be made anew by one command, of the same size", () => {
  const root = join(import.meta.dirname, "../..");
  const folder = mkdtempSync(join(tmpdir(), "picture-"));
  try {
    const made = join(folder, "board.png");
    execFileSync(process.execPath, ["scripts/picture.ts", made], { cwd: root, timeout: 120_000 });
    assert.deepEqual(sizeOf(made), sizeOf(join(root, "docs/board.png")));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Of a PNG: its head has width and height (section 11.2.1 of the specification). */
function sizeOf(file: string): readonly number[] {
  const bytes = readFileSync(file);
  assert.equal(bytes.toString("latin1", 1, 4), "PNG");
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}
