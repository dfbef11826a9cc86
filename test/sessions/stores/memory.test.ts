import { openStore } from "../../../src/sessions/stores/index.ts";
import { storeContract } from "./contract.ts";

storeContract("memory:", ({ keys, ...options }) =>
  openStore(
    { kind: "memory", prefix: "cbff", url: "memory:", path: null, keys: keys ?? null },
    { now: Date.now, eventsKept: 100, onCorrupt: () => undefined, ...options },
  ),
);
