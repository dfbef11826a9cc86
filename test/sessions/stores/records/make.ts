/**
 * Makes the records of a release by running its code until it is killed: `node test/sessions/stores/records/make.ts 0.2 COMMIT`
 * writes `0.2.db` and `0.2.redis.json` beside this file, and the commit into `commits.json`. The commit has to be in this clone, or where it came from.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { startRedis } from "../../../../scripts/fleet/redis.ts";
import { startSimulator } from "../../../../simulator/index.ts";
import { howToGet, treeOf } from "../../../support/earlier-tree.ts";
import { appSecret, ownSecret } from "../../../support/service.ts";
import { startServiceProcess } from "../../../support/service-process.ts";
import { keptOf } from "./kept.ts";
import { live } from "./life.ts";

const [release, asked] = process.argv.slice(2);
if (release === undefined || asked === undefined) throw new Error("usage: make.ts RELEASE COMMIT");
const commit = execFileSync("git", ["rev-parse", asked], { encoding: "utf8" }).trim();
const tree = treeOf(commit);
if (tree === null) throw new Error(howToGet(commit));
const folder = mkdtempSync(join(tmpdir(), "records-"));
try {
  for (const kind of ["redis", "sqlite"] as const) {
    const simulator = await startSimulator({ agents: 2 });
    const redis = kind === "redis" ? await startRedis() : null;
    const file = join(folder, "sessions.db");
    const environment = {
      GATEWAY_URL: simulator.url,
      SESSION_STORE_URL: redis?.url ?? `sqlite:${file}`,
      SESSION_KEYS: Buffer.alloc(32, 7).toString("base64"),
      JWT_SECRET: appSecret,
      TOKEN_SECRET: ownSecret,
    };
    const service = await startServiceProcess(environment, folder, tree.main);
    try {
      await live(service.url, simulator);
      // What the polls bring is written when they have answered.
      await wait(2_000);
      await service.kill();
      if (redis !== null) {
        const kept = await keptOf(redis.url);
        writeFileSync(join(import.meta.dirname, `${release}.redis.json`), `${JSON.stringify(kept, null, 1)}\n`);
      } else {
        const database = new DatabaseSync(file);
        database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
        database.close();
        await copyFile(file, join(import.meta.dirname, `${release}.db`));
      }
    } finally {
      await service.kill();
      await redis?.close();
      await simulator.close();
    }
  }
  const list = join(import.meta.dirname, "commits.json");
  const commits = JSON.parse(readFileSync(list, "utf8"));
  writeFileSync(list, `${JSON.stringify({ ...commits, [release]: commit }, null, 2)}\n`);
} finally {
  tree.remove();
  rmSync(folder, { recursive: true, force: true });
}
