import { randomBytes } from "node:crypto";
import { after } from "node:test";
import { openStore } from "../../../src/sessions/stores/index.ts";
import { startRedis } from "../../support/redis.ts";
import { type OpenOptions, storeContract } from "./contract.ts";

const redis = await startRedis();
after(() => redis.close());
const sealingKeys = [randomBytes(32)];

function open(url: string, { keys = sealingKeys, ...options }: OpenOptions = {}) {
  return openStore(
    { kind: "redis", url, path: null, keys },
    { now: Date.now, eventsKept: 100, onCorrupt: () => undefined, ...options },
  );
}

storeContract("redis", (options) => open(`${redis.url}/0`, options));
