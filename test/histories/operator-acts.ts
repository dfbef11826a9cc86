import type { Guid } from "../../src/gateway/index.ts";
import { agentIds, type Stage } from "./stage.ts";

/** What backends, supervisors and the gateway itself do, by name. */
export const operatorActs: Readonly<Record<string, (stage: Stage) => void>> = {
  bind,
  "revoke-session": revokeSession,
  "revoke-subject": revokeSubject,
  event,
  rotation,
  call,
  kick,
  "other-program": otherProgram,
  "other-vdn": otherVdn,
};

/** A backend binds a session with the Guid that it knows: the newest, one that has rotated, the last that was brought, or one of a sign-in of its own. */
function bind(stage: Stage): void {
  const { world, chance } = stage;
  const at = stage.anInstance();
  const device = chance.pick(stage.devices);
  const agentId = chance.happens(0.7) ? device.agentId : chance.pick(agentIds);
  const own = chance.happens(0.5);
  const owner = `${device.issuer} ${device.subject}`;
  const made = own ? world.gateway.signIn(agentId, owner, true, false) : world.storedSignInOf(agentId);
  if (at === null || made === null || typeof made === "string") return;
  const brought = world.store.model.getAgent(agentId)?.broughtGuid ?? null;
  const guid =
    !own && brought !== null && chance.happens(0.5)
      ? brought
      : (chance.pick([made.guids.at(-1), made.guids.at(-1), chance.pick(made.guids)]) as Guid);
  const keepAlive = own && chance.happens(0.4) ? "external" : "managed";
  const subject = chance.happens(0.9) ? device.subject : null;
  const { issuer, sessionId } = device;
  world.tell(
    () =>
      `a backend binds ${sessionId} for ${subject ?? "anybody"} to ${agentId} with ${guid}, ${keepAlive}, at ${at.instance.host.name}`,
  );
  stage.request(
    `the binding of ${sessionId}`,
    at,
    () =>
      at.instance.sessions.bind({ issuer, sessionId }, { agentId, guid, subject, keepAlive }, stage.actor("backend")),
    (outcome) => {
      // Whoever binds it as a managed one polls it no more.
      if (outcome === "ok" && keepAlive === "managed" && made.keptOutside) {
        made.keptOutside = false;
        made.polledAt = world.timeline.now;
      }
    },
  );
}

function revokeSession(stage: Stage): void {
  const { world, chance } = stage;
  const at = stage.anInstance();
  const device = chance.pick(stage.devices);
  if (at === null) return;
  world.tell(() => `a backend revokes ${device.sessionId} at ${at.instance.host.name}`);
  world.ends.asked("revoke", device.sessionId);
  stage.request(`the revocation of ${device.sessionId}`, at, () =>
    at.instance.sessions.revoke(device.sessionId, stage.actor("backend")),
  );
}

function revokeSubject(stage: Stage): void {
  const { world, chance } = stage;
  const at = stage.anInstance();
  const { issuer, subject } = chance.pick(stage.devices);
  if (at === null) return;
  world.tell(() => `a backend revokes all of ${subject} at ${at.instance.host.name}`);
  world.ends.asked("revoke", `${issuer} ${subject}`);
  stage.request(`the revocation of ${subject}`, at, () =>
    at.instance.sessions.revokeSubject(issuer, subject, stage.actor("backend")),
  );
}

function event(stage: Stage): void {
  const { world } = stage;
  const signIn = stage.aSignIn();
  if (signIn === null) return;
  stage.events += 1;
  const content = { signIn: signIn.serial, number: stage.events };
  world.tell(() => `the gateway has event ${content.number} for ${signIn.agentId}, of sign-in ${signIn.serial}`);
  world.gateway.tell(signIn, { type: "AgentState_Ready", content });
}

function rotation(stage: Stage): void {
  const { world, chance } = stage;
  const signIn = stage.aSignIn();
  if (signIn === null) return;
  const overlapMs = chance.pick([0, 5_000, 60_000]);
  const atOnce = chance.happens(0.7);
  world.tell(() => `the Guid of ${signIn.agentId} rotates with an overlap of ${overlapMs} ms`);
  world.gateway.rotate(signIn, overlapMs, atOnce);
}

function call(stage: Stage): void {
  const { world, chance } = stage;
  const signIn = stage.aSignIn();
  if (signIn === null) return;
  signIn.busy = !signIn.busy && chance.happens(0.5);
  world.tell(() => `${signIn.agentId} ${signIn.busy ? "talks" : "does not talk"}`);
}

function kick(stage: Stage): void {
  const { world } = stage;
  const signIn = stage.aSignIn();
  if (signIn === null) return;
  world.tell(() => `a supervisor signs ${signIn.agentId} out`);
  world.gateway.end(signIn, "kicked");
}

/** Somebody signs the agent in past the service. */
function otherProgram(stage: Stage): void {
  const { world, chance } = stage;
  const agentId = chance.pick(agentIds);
  world.tell(() => `another program signs ${agentId} in`);
  const signIn = world.gateway.signIn(agentId, "another program", true, false);
  if (typeof signIn !== "string")
    world.timeline.in(chance.between(1_000, 60_000), () => world.gateway.end(signIn, "signed-out"));
}

function otherVdn(stage: Stage): void {
  const { world, chance } = stage;
  const agentId = chance.pick(agentIds);
  const vdn = chance.pick([1, 2]);
  world.tell(() => `${agentId} is moved to VDN ${vdn}`);
  world.gateway.vdns.set(agentId, vdn);
}
