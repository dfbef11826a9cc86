import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after } from "node:test";
import { createClient } from "@redis/client";
import type { RedisServer } from "../../../scripts/fleet/redis.ts";
import { Sealer } from "../../../src/sessions/sealing.ts";
import { openStore } from "../../../src/sessions/stores/index.ts";
import type { SessionStore } from "../../../src/sessions/stores/port.ts";
import { systemChance, systemClock } from "../../../src/system-clock.ts";
import type { OpenOptions } from "./contract.ts";
import type { DurablePlace } from "./durable-contract.ts";

const sealingKeys = [randomBytes(32)];

/** Closed at the end also where a test has failed before it could: a store goes on dialling by itself. */
const opened = new Set<SessionStore>();
after(() => Promise.all([...opened].map((store) => store.close())));

/** A store on a Redis, with the keys of this process and the prefix that is the default unless others are given. */
export async function openOnRedis(
  url: string,
  { keys = sealingKeys, prefix = "cbff", ...options }: OpenOptions & { readonly prefix?: string } = {},
): Promise<SessionStore> {
  const store = await openStore(
    { kind: "redis", url, prefix, path: null, keys },
    { clock: systemClock, chance: systemChance, eventsKept: 100, onCorrupt: () => undefined, ...options },
  );
  opened.add(store);
  return store;
}

/** Sends a command to one server, over a connection of its own. */
export function ask(server: RedisServer, ...command: string[]): Promise<unknown> {
  return asking(server, (send) => send(...command));
}

async function asking<T>(
  server: RedisServer,
  work: (send: (...command: string[]) => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const client = createClient({ url: server.url, socket: { reconnectStrategy: false } });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work((...command) => client.sendCommand(command));
  } finally {
    client.destroy();
  }
}

/** Lets time pass for what Redis itself ends: keys with an end, and the instances that have said until when they live. */
export async function passOn(servers: readonly RedisServer[], ms: number): Promise<void> {
  for (const server of servers) {
    await asking(server, async (command) => {
      for (const key of (await command("KEYS", "*")) as string[]) {
        const left = Number(await command("PTTL", key));
        if (left >= 0) await command("PEXPIRE", key, String(left - ms));
        if (!key.endsWith(":fleet")) continue;
        const said = (await command("HGETALL", key)) as Record<string, string>;
        for (const [owner, report] of Object.entries(said)) {
          const [until, able, answeredAt = ""] = report.split(" ");
          const answered = answeredAt === "" ? "" : Number(answeredAt) - ms;
          await command("HSET", key, owner, `${Number(until) - ms} ${able} ${answered}`);
        }
      }
    });
  }
}

/** What the servers hold, emptied first. */
export async function emptyPlace(servers: readonly RedisServer[], url: string): Promise<DurablePlace> {
  for (const server of servers) await ask(server, "FLUSHALL");
  return {
    open: (options) => openOnRedis(url, options),
    atRest: async () => {
      for (const server of servers) await ask(server, "SAVE");
      return Buffer.concat(servers.map(({ folder }) => readFileSync(join(folder, "dump.rdb"))));
    },
    isUnder: (key) => allAreUnder(servers, key),
    tamper: async (kind, name, change) => {
      const key = kind === "agent" ? `cbff:agent:{${name}}` : `cbff:session:${name}`;
      const holder = await holderOf(servers, key);
      const sealed = await ask(holder, "HGET", key, "sealed");
      await ask(holder, "HSET", key, "sealed", change(String(sealed)));
    },
  };
}

/** Whether every record is sealed with the key. */
export async function allAreUnder(servers: readonly RedisServer[], key: Uint8Array): Promise<boolean> {
  const sealer = new Sealer([key]);
  for (const server of servers) {
    for (const name of (await ask(server, "KEYS", "*")) as string[]) {
      if (!/^cbff:(?:agent|session):/.test(name)) continue;
      if (!sealer.isNewest(String(await ask(server, "HGET", name, "sealed")))) return false;
    }
  }
  return true;
}

async function holderOf(servers: readonly [...RedisServer[]], key: string): Promise<RedisServer> {
  for (const server of servers) {
    const exists = await ask(server, "EXISTS", key).catch(() => 0);
    if (exists === 1) return server;
  }
  // A deleted record may be put back: by whoever would hold it.
  for (const server of servers) {
    const took = await ask(server, "HGET", key, "sealed").then(
      () => true,
      () => false,
    );
    if (took) return server;
  }
  throw new Error("no server holds the key");
}
