import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startTestService } from "../support/service.ts";
import { until } from "../support/until.ts";

test("/readyz tells that the disk is full, and that it has room again", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "full-disk-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]);
  if (mounted.status !== 0) return t.skip("only root may mount a small disk");
  const environment = { SESSION_STORE_URL: `sqlite:${join(folder, "sessions.db")}` };
  const service = await startTestService("http://127.0.0.1:9", { environment });
  t.after(async () => {
    await service.close();
    spawnSync("umount", [folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  assert.equal((await fetch(`${service.url}/readyz`)).status, 200);
  const filling = join(folder, "filling");
  assert.throws(() => {
    for (;;) appendFileSync(filling, Buffer.alloc(4_096));
  }, /ENOSPC/);
  let check = "";
  await until(async () => {
    const answer = await fetch(`${service.url}/readyz`);
    ({ check = "" } = (await answer.json()) as { check?: string });
    return answer.status === 503;
  }, 12_000);
  assert.equal(check, "store-write");
  assert.ok(service.logged.some((line) => /takes no writes/.test(line) && /SQLITE_FULL/.test(line)));
  rmSync(filling);
  await until(async () => (await fetch(`${service.url}/readyz`)).status === 200, 12_000);
});
