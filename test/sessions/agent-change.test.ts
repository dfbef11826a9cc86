import assert from "node:assert/strict";
import { test } from "node:test";
import { causeOf } from "../../src/log/described-errors.ts";
import { Problem } from "../../src/problems.ts";
import { changeAgent } from "../../src/sessions/agent-change.ts";
import { openStore, type SessionStore } from "../../src/sessions/index.ts";
import { systemChance, systemClock } from "../../src/system-clock.ts";
import { until } from "../support/until.ts";
import { anAgent } from "./stores/samples.ts";
import { signedIn, wired } from "./wired-sessions.ts";

const agent = anAgent();

async function memory(t: { after(done: () => Promise<void>): void }): Promise<SessionStore> {
  const config = { kind: "memory", url: "memory:", prefix: "cbff", path: null, keys: null } as const;
  const store = await openStore(config, {
    clock: systemClock,
    chance: systemChance,
    eventsKept: 1,
    onCorrupt: () => undefined,
  });
  t.after(() => store.close());
  return store;
}

/** A store whose agents somebody else writes, right after the next `times` readings of them. */
function contended(store: SessionStore, times: number): SessionStore {
  let left = times;
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (...given: readonly unknown[]): Promise<unknown> => {
        const found = (await Reflect.apply(value, target, given)) as unknown;
        if (name === "getAgent" && found !== null && left > 0) {
          left -= 1;
          await target.updateAgent({
            ...(found as Awaited<ReturnType<SessionStore["createAgent"]>> & object),
            cookies: `${left}`,
          });
        }
        return found;
      };
    },
  });
}

test("a change that somebody else's write overtook is decided anew, on what that wrote", async (t) => {
  const store = await memory(t);
  await store.createAgent(agent);
  const seen: string[] = [];
  const changed = await changeAgent(contended(store, 3), agent.agentId, (current) => {
    seen.push(current?.cookies ?? "none");
    return current && { ...current, vdnId: "2" };
  });
  assert.equal(changed.written, true);
  assert.deepEqual(seen.slice(1), ["2", "1", "0"]);
  const { vdnId, cookies } = (await store.getAgent(agent.agentId)) ?? {};
  assert.deepEqual([vdnId, cookies], ["2", "0"]);
});

test("a record that others write all the time is given up as the store's trouble", async (t) => {
  const store = await memory(t);
  await store.createAgent(agent);
  const change = changeAgent(
    contended(store, 1_000),
    agent.agentId,
    (current) => current && { ...current, vdnId: "2" },
  );
  await assert.rejects(change, (error) => {
    assert.ok(error instanceof Problem && error.code === "session-store-unavailable");
    return causeOf(error) === "CHANGED_ANEW";
  });
  assert.equal((await store.getAgent(agent.agentId))?.vdnId, agent.vdnId);
});

test("what the gateway told about an agent's right is kept though its Guid rotates at that moment", async (t) => {
  const { store, instance } = await wired(t);
  const bound = await signedIn(instance());
  const other = instance({ store: contended(store, 1), started: false });
  other.learnInspector(bound.agent, false);
  await until(async () => (await store.getAgent(bound.agent.agentId))?.inspector === false, 2_000);
});
