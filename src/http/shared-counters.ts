import { createHash } from "node:crypto";
import type { RedisReply } from "rate-limit-redis";
import type { CounterStore } from "./limits.ts";

/** A command for a Redis that all instances share; `key` decides the node. */
type SendCommand = (key: string, command: readonly string[]) => Promise<unknown>;

/**
 * Counters that all instances of one installation share.
 *
 * @param begin what the installation's keys begin with
 */
export async function sharedCounters(send: SendCommand, begin: string): Promise<CounterStore> {
  // Not read where nothing is shared.
  const { RedisStore } = await import("rate-limit-redis");
  const scripts = new Map<string, string>();

  // The library loads its scripts once, at start, and never again if Redis was away just then. So they are kept here
  // and sent along, which also spares a cluster's other nodes a miss.
  const sendCommandCluster = async (details: { key?: string; command: string[] }): Promise<RedisReply> => {
    const [name, first = "", ...rest] = details.command;
    if (name === "SCRIPT") {
      const script = rest[0] ?? "";
      const sha = createHash("sha1").update(script).digest("hex");
      scripts.set(sha, script);
      return sha;
    }
    const command = name === "EVALSHA" ? ["EVAL", scripts.get(first) ?? "", ...rest] : details.command;
    return (await send(details.key ?? "", command)) as RedisReply;
  };
  return (prefix) => new RedisStore({ prefix: `${begin}:limit:${prefix}:`, sendCommandCluster });
}
