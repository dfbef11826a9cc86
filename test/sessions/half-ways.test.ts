import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { AgentId } from "../../src/gateway/index.ts";
import { Problem } from "../../src/problems.ts";
import type { SessionStore } from "../../src/sessions/index.ts";
import { aSessionId, aSubject } from "../support/names.ts";
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

describe("a bind whose session the store could not take any more", () => {
  const subject = aSubject("user-1");
  const key = { issuer: "app", sessionId: aSessionId("device-1") } as const;

  async function boundByHalf(t: TestContext) {
    const fleet = await virtualFleet(t);
    let fails = true;
    const { sessions } = fleet.instance({ store: failing(fleet.store, (name) => fails && name === "bindSession") });
    const input = { agentId, guid: fleet.gateway.signIn(agentId), subject, keepAlive: "managed" } as const;
    const bind = async () => {
      let outcome = "";
      sessions.bind(key, input, { requestId: "a-test", subject: "backend" }).then(
        ({ created }) => {
          outcome = created ? "created" : "replaced";
        },
        ({ code }: { code: string }) => {
          outcome = code;
        },
      );
      await fleet.clock.until(() => outcome !== "");
      return outcome;
    };
    assert.equal(await bind(), "session-store-unavailable");
    fails = false;
    return { ...fleet, sessions, bind };
  }

  test("leaves the agent signed in, for its backend tries again", async (t) => {
    const { clock, gateway, sessions, bind } = await boundByHalf(t);
    await clock.advance(20_000);
    assert.equal(sessions.agentsPolled, 1);
    assert.equal(gateway.isSignedIn(agentId), true);
    assert.equal(await bind(), "created");
    await clock.advance(120_000);
    assert.equal(gateway.isSignedIn(agentId), true);
  });

  test("and signs it out when nobody does", async (t) => {
    const { clock, gateway, store } = await boundByHalf(t);
    await clock.advance(60_000);
    assert.equal(gateway.isSignedIn(agentId), false);
    assert.equal(await store.getAgent(agentId, { fresh: true }), null);
  });
});

describe("a replica that was promoted in the middle of it, without the agent's record,", () => {
  async function promoted(t: TestContext) {
    const fleet = await virtualFleet(t);
    let lost = false;
    const store = new Proxy(fleet.store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return async (...given: readonly unknown[]): Promise<unknown> => {
          if (name === "bindSession" && !lost) {
            lost = true;
            const agent = await target.getAgent(agentId, { fresh: true });
            assert.ok(agent);
            await target.deleteAgent(agentId, agent.signInId);
          }
          return Reflect.apply(value, target, given) as unknown;
        };
      },
    });
    return { ...fleet, one: fleet.instance({ store }) };
  }

  test("takes nothing from a sign-in", async (t) => {
    const { clock, one } = await promoted(t);
    await one.signIn(agentId);
    await clock.advance(1_000);
    assert.equal(one.sessions.agentsPolled, 1);
    assert.equal(await one.ask(agentId), "ok");
  });

  test("nor from a bind", async (t) => {
    const { clock, gateway, one } = await promoted(t);
    const input = {
      agentId,
      guid: gateway.signIn(agentId),
      subject: aSubject(`user-${agentId}`),
      keepAlive: "managed",
    } as const;
    const key = { issuer: "app", sessionId: aSessionId(`session-${agentId}`) } as const;
    void one.sessions.bind(key, input, { requestId: "a-test", subject: "backend" });
    await clock.advance(2_000);
    assert.equal(one.sessions.agentsPolled, 1);
    assert.equal(await one.ask(agentId), "ok");
  });
});
