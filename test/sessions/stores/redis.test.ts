import { after } from "node:test";
import { startRedis } from "../../../scripts/fleet/redis.ts";
import { storeContract } from "./contract.ts";
import { durableStoreContract } from "./durable-contract.ts";
import { emptyPlace, openOnRedis, passOn } from "./redis-places.ts";

const redis = await startRedis();
after(() => redis.close());

storeContract(
  "Redis",
  (options) => openOnRedis(redis.url, options),
  (ms) => passOn([redis], ms),
);
durableStoreContract("Redis", () => emptyPlace([redis], redis.url));
