/**
 * A process that owns an sqlite file: `node writing-process.ts FILE`. It binds sessions and rotates one agent's Guid
 * without end, and prints the number of each round once the store has said that it is written.
 */

import type { AgentId, Guid } from "../../../src/gateway/identifiers.ts";
import { openStore } from "../../../src/sessions/stores/index.ts";
import { systemChance, systemClock } from "../../../src/system-clock.ts";
import { anAgent, aSession, bound } from "./samples.ts";

const path = process.argv[2] ?? "";
try {
  const store = await openStore(
    { kind: "sqlite", prefix: "cbff", url: `sqlite:${path}`, path, keys: null },
    { clock: systemClock, chance: systemChance, eventsKept: 10, onCorrupt: () => undefined },
  );
  let agent = await store.createAgent(anAgent({ agentId: "101" as AgentId }));
  for (let round = 1; agent !== null; round++) {
    await bound(store, aSession({ agentId: agent.agentId, sessionId: `session ${round}` }));
    agent = await store.updateAgent({ ...agent, guid: `guid-${round}` as Guid, guidVersion: round });
    process.stdout.write(`${round}\n`);
    await new Promise(setImmediate);
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : ""}\n`);
  process.exitCode = 1;
}
