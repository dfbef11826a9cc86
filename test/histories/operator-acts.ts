import type { Guid } from "../../src/gateway/index.ts";
import { agentIds, type Stage } from "./stage.ts";
import { sessionName } from "./store-model.ts";

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
  look,
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
  const keepAlive = own && chance.happens(0.4) ? ("external" as const) : ("managed" as const);
  const subject = chance.happens(0.9) ? device.subject : null;
  const { issuer, sessionId } = device;
  world.tell(
    () =>
      `a backend binds ${sessionId} for ${subject ?? "anybody"} to ${agentId} with ${guid}, ${keepAlive}, at ${at.instance.host.name}`,
  );
  stage.request(
    `the binding of ${sessionId}`,
    at,
    async () => {
      const input = { agentId, guid, subject, keepAlive } as const;
      const { session } = await at.instance.sessions.bind({ issuer, sessionId }, input, stage.actor("backend"));
      world.sight.answered(session, "bound");
    },
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
  const { world, chance } = stage;
  const signIn = stage.aSignIn();
  if (signIn === null) return;
  stage.events += 1;
  const [type, about] = chance.happens(0.5)
    ? (["AgentState_Ready", {}] as const)
    : conferenceEvent(stage, signIn.agentId);
  const content = { signIn: signIn.serial, number: stage.events, ...about };
  world.tell(() => `the gateway has event ${content.number} for ${signIn.agentId}, of sign-in ${signIn.serial}`);
  world.gateway.tell(signIn, { type, content });
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
  if (stage.chance.happens(0.5)) {
    // Whoever polls may hear of it, too: of this very sign-in, or it says nothing.
    stage.events += 1;
    signIn.toldOut = true;
    const content = { signIn: signIn.serial, number: stage.events, loginTime: signIn.loginTime };
    world.gateway.tell(signIn, { type: "AgentOther_ShutdownService", content });
  }
  world.timeline.in(stage.chance.between(0, 20), () => world.gateway.end(signIn, "kicked"));
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

/** One of the conference family's events, with what it tells of the agent's own conference. */
function conferenceEvent({ chance }: Stage, agentId: string) {
  const confId = chance.pick(["355840", "9007199254740993"]);
  const participant = { confId, result: 0, participant: agentId, participantType: 9 };
  return chance.pick([
    ["AgentConf_RequestSuccess", { confId }],
    ["AgentConf_RequestFailed", { cause: 7 }],
    ["AgentConf_SelfJoinResult", { confId }],
    ["AgentConf_Timeout", { confId }],
    ["AgentConf_Ringing", { confId }],
    ["AgentConf_SelfLeaveResult", { confId }],
    ["AgentConf_PresidentChanged", { confId }],
    ["AgentConf_StopVoice", { result: 0 }],
    ["AgentConf_ParticipantChanged", { ...participant, changeType: chance.pick([0, 1]), changeReason: 0 }],
    ["AgentConf_ParticipantChanged", { ...participant, participant: "30001", changeType: 0 }],
    ["AgentOther_PhoneRelease", {}],
  ] as const);
}

/** An operator looks at everything that an instance tells: sessions page by page, agents, readiness, what is polled. */
function look(stage: Stage): void {
  const { world } = stage;
  const at = stage.anInstance();
  if (at === null) return;
  const { sessions, host } = at.instance;
  const askedAt = world.timeline.now;
  const before = [...world.sight.living()];
  world.tell(() => `an operator looks at ${host.name}`);
  stage.request(
    "a look",
    at,
    async () => {
      const listed = new Set<string>();
      let after: string | undefined;
      for (let page = 0; page < 20; page++) {
        const { sessions: some, next } = await sessions.list({ limit: 2, after });
        for (const session of some) listed.add(sessionName(session));
        if (next === null) break;
        after = next;
      }
      const missing = before.find(
        ({ session, endedAt, from }) =>
          endedAt === null && from < askedAt && sessions.over(session) === null && !listed.has(sessionName(session)),
      );
      if (missing !== undefined && world.weather.wasCalm(askedAt - 20_000)) {
        world.violate("not-listed", `session ${missing.session.sessionId} stands, and is in no page`);
      }
      const { agents } = await sessions.agents(undefined, 2);
      if (agents.length > 2) world.violate("mistake", "a page has more agents than asked for");
      for (const { check } of sessions.checks) await check();
      const { states, oldestPollAgeMs } = sessions.polled;
      const polled = states.active + states.unreachable + states.expired;
      if (polled !== sessions.agentsPolled || !(oldestPollAgeMs >= 0))
        world.violate("mistake", "what is polled is told wrongly");
    },
    (outcome) => {
      if (outcome === "ok" || !world.weather.wasCalm(askedAt - 20_000)) return;
      world.violate("not-ready", `${host.name} is not ready, with ${outcome}, and nothing was wrong`);
    },
  );
}
