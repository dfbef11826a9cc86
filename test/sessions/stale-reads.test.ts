import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppSession, SessionStore } from "../../src/sessions/index.ts";
import { aSessionId } from "../support/names.ts";
import { virtualFleet } from "./virtual-fleet.ts";

const key = { issuer: "app", sessionId: aSessionId("session-1201") } as const;

test("a sign-out where an earlier binding is still believed ends the session that stands", async (t) => {
  const { store, instance } = await virtualFleet(t);
  let believed: AppSession | null = null;
  // As a cache that an invalidation has not reached yet.
  const stale = new Proxy(store, {
    get(of, name) {
      if (name !== "getSession") return Reflect.get(of, name).bind?.(of) ?? Reflect.get(of, name);
      return ((asked, options) =>
        believed !== null && !options?.fresh
          ? Promise.resolve(believed)
          : of.getSession(asked, options)) satisfies SessionStore["getSession"];
    },
  });
  const [here, elsewhere] = [instance({ store: stale }), instance()];
  await here.signIn("1201");
  believed = await store.getSession(key);
  assert.ok(believed);
  await elsewhere.signIn("1201", { force: true });
  await here.signOut("1201");
  assert.equal(await store.getSession(key), null);
});

test("the line of a session whose time was over says so, whoever leaves last", async (t) => {
  const { clock, store, gateway, instance } = await virtualFleet(t, { idleMs: 60_000 });
  const one = instance();
  await one.signIn("1201");
  const [other] = await store.sessionsOfAgent("1201" as AppSession["agentId"]);
  assert.ok(other);
  // Its time is over, and no sweep has come by yet.
  const over = { ...other, sessionId: aSessionId("another"), bindingId: "another", lastUsedAt: clock.wall() - 60_001 };
  const revocations = await store.revocations(over, over.subject);
  assert.equal(await store.bindSession(over, { over: null, revocations }), "bound");

  await one.signOut("1201");
  const ends = one.logged
    .filter(({ audit }) => audit === "ended")
    .map(({ reason, by }) => ({ reason, by: by ?? null }));
  assert.deepEqual(
    ends.toSorted((a, b) => String(a.reason).localeCompare(String(b.reason))),
    [
      { reason: "idle", by: null },
      { reason: "signed-out", by: "user-1" },
    ],
  );
  assert.equal(gateway.signOuts, 1);
});
