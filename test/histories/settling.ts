import type { Bounds } from "./bounds.ts";
import type { Stage } from "./stage.ts";
import { askForList, leaveList, standingOf } from "./user-acts.ts";

/** Faults that last have an end within this time. */
const FAULTS_END_MS = 450_000;
/** Once nothing is wrong any more, everything is well within a lease, the rounds that claim it, and a verdict. */
const WELL_WITHIN_MS = 60_000;
/** By then the gateway has signed out whom nobody knows. */
const FORGOTTEN_WITHIN_MS = 130_000;

/** The end of a history: faults stop, and what has to hold then is looked at. */
export async function settle(stage: Stage, bounds: Bounds): Promise<void> {
  const { world } = stage;
  for (let waited = 0; world.weather.now.length > 0 && waited < FAULTS_END_MS; waited += 1_000) await world.pass(1_000);
  if (world.weather.now.length > 0) world.violate("mistake", `faults do not end: ${world.weather.now.join(", ")}`);
  world.tell(() => "nothing is wrong any more");
  await world.pass(WELL_WITHIN_MS);
  lookAtAgents(stage);
  world.check();
  await lookAtLists(stage);
  for (const device of stage.devices) leaveList(device);
  bounds.rest();
  await world.pass(FORGOTTEN_WITHIN_MS);
  bounds.lookAtRest();
  lookAtStrangers(stage);
  world.ends.finish();
  world.check();
}

/** Whoever has a session that lives has an agent who is signed in, with the Guid that is stored. */
function lookAtAgents({ world }: Stage): void {
  for (const { session } of world.sight.living()) {
    const record = world.recordOf(session);
    const stored = world.store.model.getAgent(session.agentId);
    if (stored === null || stored.recordId !== session.recordId || record?.keepAlive !== "managed") continue;
    const signIn = world.signInOf(session.agentId);
    if (signIn === null || !signIn.guids.includes(stored.guid)) {
      world.violate("not-over", `session ${session.sessionId} lives, and the gateway does not know ${stored.guid}`);
    }
  }
}

/** Whoever has a session that lives gets a list. */
async function lookAtLists(stage: Stage): Promise<void> {
  const { world } = stage;
  for (const device of stage.devices) {
    const at = stage.anInstance();
    const standing = standingOf(stage, device);
    if (at === null || standing === null) continue;
    const over = at.instance.sessions.over(standing.session);
    const record = world.store.model.getAgent(standing.session.agentId);
    if (over !== null || record?.keepAlive !== "managed" || record.recordId !== standing.session.recordId) continue;
    let outcome = "no answer";
    askForList(stage, device, at, (answered) => {
      outcome = answered;
    });
    await world.pass(8_000);
    if (outcome !== "ok" && standing.endedAt === null) {
      world.violate("not-well", `a list for ${device.sessionId} is answered with ${outcome} long after the last fault`);
    }
  }
}

/** Whom the service has signed in, it knows, or signs out, or leaves to the two minutes. */
function lookAtStrangers({ world }: Stage): void {
  for (const [agentId, signIn] of world.gateway.signIns) {
    if (world.signInOf(agentId) === null || !signIn.ours) continue;
    if (world.store.model.getAgent(agentId) === null) {
      world.violate("stranger", `agent ${agentId} is signed in, and nobody knows of it`);
    }
  }
}
