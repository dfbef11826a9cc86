import { randomBytes } from "node:crypto";
import { type StorePlace, whyNoFile } from "./place.ts";
import type { SessionStore, StoreOptions } from "./port.ts";
import { parseRedisAddress, shownAddress } from "./redis/address.ts";
import { openDatabase, refuseMistakenDatabase } from "./sqlite/database.ts";
import { holdsRecords } from "./sqlite/key-change.ts";
import { loadOrCreateKeys, readKeys } from "./sqlite/key-file.ts";
import { SqliteStore } from "./sqlite/store.ts";
import { StoreRefused } from "./unavailable.ts";

export { measuredStore, type StoreCall, storeMethods } from "./measured-store.ts";
export { type StorePlace, whyNoFile } from "./place.ts";
export type * from "./port.ts";
export { writePrivateFile } from "./private-file.ts";
export { parseRedisAddress } from "./redis/address.ts";
export { StoreInUse, StoreRefused } from "./unavailable.ts";

/**
 * Opens the store that `SESSION_STORE_URL` names. A Redis that is away does not keep it from opening: the operations
 * fail until it answers.
 *
 * @throws {@link StoreRefused}, whose message is for the operator, when trying again does not help.
 */
export async function openStore(config: StorePlace, options: Omit<StoreOptions, "keys">): Promise<SessionStore> {
  switch (config.kind) {
    case "memory":
      return new SqliteStore(openDatabase(":memory:"), { ...options, keys: config.keys ?? [randomBytes(32)] });
    case "sqlite":
      return openSqlite(config, options);
    case "redis":
      return openRedis(config, options);
  }
}

/** How the log calls it: what it holds of secrets is left out. */
export function storeName({ kind, url, path }: StorePlace): string {
  switch (kind) {
    case "memory":
      return "memory:";
    case "sqlite":
      return `sqlite:${path}`;
    case "redis":
      return shownAddress(url);
  }
}

async function openRedis(
  { url, keys, prefix }: StorePlace,
  options: Omit<StoreOptions, "keys">,
): Promise<SessionStore> {
  if (keys === null) throw new StoreRefused("Redis needs SESSION_KEYS: every instance has to open what another sealed");
  // Redis's client has nearly 500 files, which a start without Redis need not read.
  const { RedisStore } = await import("./redis/store.ts");
  const store = new RedisStore(parseRedisAddress(url), prefix, { ...options, keys });
  await store.start();
  return store;
}

/**
 * Refuses an sqlite file that {@link openStore} would refuse, without making, locking or changing anything: for whoever looks
 * while a service may be running. Nothing where it is another kind of store.
 *
 * @throws {@link StoreRefused}
 */
export function refuseMistakenFile({ url, path, keys }: StorePlace): void {
  if (path === null) return;
  knownKeys({ url, keys }, path);
  refuseMistakenDatabase(path);
}

/** Those of the configuration, else those beside the file; null where there are none yet. */
function knownKeys({ url, keys }: Pick<StorePlace, "url" | "keys">, path: string): readonly Uint8Array[] | null {
  const mistaken = whyNoFile(url);
  if (mistaken !== null) throw new StoreRefused(`SESSION_STORE_URL: ${mistaken}`);
  return keys ?? naming(path, () => readKeys(`${path}.key`));
}

function openSqlite({ url, path, keys }: StorePlace, options: Omit<StoreOptions, "keys">): SessionStore {
  if (path === null) throw new StoreRefused("SESSION_STORE_URL names no file");
  // Before the file is made: a start that fails leaves nothing behind.
  const known = knownKeys({ url, keys }, path);
  const database = openDatabase(path);
  try {
    return naming(path, () => {
      const inUse = known ?? loadOrCreateKeys(`${path}.key`, () => holdsRecords(database));
      return new SqliteStore(database, { ...options, keys: inUse });
    });
  } catch (error) {
    database.close();
    throw error;
  }
}

function naming<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof StoreRefused ? new StoreRefused(`SESSION_STORE_URL: ${path}: ${error.message}`) : error;
  }
}
