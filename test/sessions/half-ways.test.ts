import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentId } from "../../src/gateway/index.ts";
import { Problem } from "../../src/problems.ts";
import type { SessionStore } from "../../src/sessions/index.ts";
import { aSessionId } from "../support/names.ts";
import { virtualFleet } from "./virtual-fleet.ts";

const agentId = "1201" as AgentId;

/** A store that fails at one operation, as often as `fails` says so. */
function failing(store: SessionStore, fails: (name: string, given: readonly unknown[]) => boolean): SessionStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (...given: readonly unknown[]): Promise<unknown> => {
        if (fails(String(name), given)) throw new Problem("session-store-unavailable");
        return Reflect.apply(value, target, given) as unknown;
      };
    },
  });
}

test("a revocation that the store carried out by half is told, and its agent signed out", async (t) => {
  const { clock, gateway, store, instance: start } = await virtualFleet(t);
  const half = failing(
    store,
    (name, [key]) => name === "revokeSession" && (key as { issuer: string }).issuer === "own",
  );
  const instance = start({ store: half });
  await instance.signIn(agentId);
  const revoking = instance.sessions.revoke(aSessionId(`session-${agentId}`), { requestId: "a-test", subject: null });
  await assert.rejects(revoking, { code: "session-store-unavailable" });
  await clock.advance(100);
  assert.equal(gateway.isSignedIn(agentId), false);
  assert.equal(instance.logged.filter(({ audit }) => audit === "revoked").length, 1);
});

test("what a call of before told of the agent's right is not written over a Guid that a backend has brought since", async (t) => {
  const { clock, store, instance: start } = await virtualFleet(t);
  const instance = start({ started: false });
  const { agent } = await instance.signIn(agentId);
  const stored = await store.getAgent(agentId, { fresh: true });
  assert.ok(stored);
  await store.updateAgent({ ...stored, epoch: stored.epoch + 1, inspector: null });
  instance.sessions.learnInspector({ ...agent, inspector: null }, true);
  await clock.advance(100);
  assert.equal((await store.getAgent(agentId, { fresh: true }))?.inspector, null);
});
