import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import type { AgentId, Guid } from "../../src/gateway/index.ts";
import { Log } from "../../src/log.ts";
import { Credentials } from "../../src/sessions/credentials.ts";
import { openStore } from "../../src/sessions/index.ts";
import type { NewAgentSession } from "../../src/sessions/model.ts";
import { systemChance, systemClock } from "../../src/system-clock.ts";

const store = await openStore(
  { kind: "memory", prefix: "cbff", url: "memory:", path: null, keys: null },
  { clock: systemClock, chance: systemChance, eventsKept: 8, onCorrupt: () => assert.fail("no record is corrupt") },
);
const credentials = new Credentials({ store, log: new Log("silent"), clock: systemClock });
after(async () => {
  credentials.close();
  await store.close();
});

async function signedIn(agentId: AgentId) {
  const agent: NewAgentSession = {
    agentId,
    recordId: "record",
    epoch: 1,
    signInId: randomUUID(),
    loginTime: null,
    guid: "first.AgentGateway0" as Guid,
    broughtGuid: null,
    replacedGuids: [],
    guidVersion: 1,
    ownConference: null,
    cookies: "",
    vdnId: "1",
    inspector: true,
    keepAlive: "managed",
    state: "active",
    stateSince: 0,
  };
  const created = await store.createAgent(agent);
  assert.ok(created);
  return created;
}

test("a store that went back to an older Guid is given the newer one again", async () => {
  const first = await signedIn("1201" as AgentId);
  await credentials.caller(first).renewed({ guid: "second.AgentGateway0" as Guid, cookies: "" });
  const second = await credentials.newest(first.agentId);
  assert.equal(second?.guidVersion, 2);
  // A replica that had not seen the rotation is promoted.
  assert.ok(await store.updateAgent({ ...second, guid: first.guid, guidVersion: first.guidVersion }));
  assert.equal((await credentials.newest(first.agentId, { fresh: true }))?.guid, "second.AgentGateway0");
  assert.equal((await store.getAgent(first.agentId))?.guid, "second.AgentGateway0");
});

test("a Guid written here is not put over another sign-in's, or over a newer one", async () => {
  const first = await signedIn("1202" as AgentId);
  await credentials.caller(first).renewed({ guid: "second.AgentGateway0" as Guid, cookies: "" });
  const second = await store.getAgent(first.agentId);
  assert.ok(second);
  const newer = await store.updateAgent({ ...second, guid: "third.AgentGateway0" as Guid, guidVersion: 3 });
  assert.ok(newer);
  assert.equal((await credentials.newest(first.agentId, { fresh: true }))?.guid, "third.AgentGateway0");
  await store.deleteAgent(first.agentId, first.signInId);
  assert.equal(await credentials.newest(first.agentId, { fresh: true }), null);
  await signedIn(first.agentId);
  assert.equal((await credentials.newest(first.agentId, { fresh: true }))?.guid, "first.AgentGateway0");
});
