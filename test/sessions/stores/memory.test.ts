import { openStore } from "../../../src/sessions/stores/index.ts";
import { systemChance, systemClock } from "../../../src/system-clock.ts";
import { storeContract } from "./contract.ts";

storeContract("memory:", ({ keys, ...options }) =>
  openStore(
    { kind: "memory", prefix: "cbff", url: "memory:", path: null, keys: keys ?? null },
    { clock: systemClock, chance: systemChance, eventsKept: 100, onCorrupt: () => undefined, ...options },
  ),
);
