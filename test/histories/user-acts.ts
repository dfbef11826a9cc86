import type { AgentId } from "../../src/gateway/index.ts";
import type { EventContent } from "./sight.ts";
import { agentIds, type Device, type Stage } from "./stage.ts";
import type { Running } from "./world.ts";

/** What users do, by name. Each draws what it needs. */
export const userActs: Readonly<Record<string, (stage: Stage) => void>> = {
  "sign-in": (stage) => signIn(stage, false),
  "forced-sign-in": (stage) => signIn(stage, true),
  "sign-out": signOut,
  list,
  listen: (stage) => listen(stage, false),
  "come-back": (stage) => listen(stage, true),
  "leave-stream": leaveStream,
};

function signIn(stage: Stage, force: boolean): void {
  const { world, chance } = stage;
  const at = stage.anInstance();
  const device = chance.pick(stage.devices);
  const agentId: AgentId = chance.happens(0.75) ? device.agentId : chance.pick(agentIds);
  if (at === null) return;
  const { issuer, subject, sessionId } = device;
  world.tell(
    () => `${subject} signs ${sessionId} in as ${agentId}${force ? ", by force," : ""} at ${at.instance.host.name}`,
  );
  // Without force too, where the gateway has signed out who was in.
  world.ends.asked("force", agentId);
  const input = { agentId, password: `${issuer} ${subject}`, phoneNumber: "40038", force };
  stage.request(`the sign-in of ${sessionId}`, at, async () => {
    const { session } = await at.instance.sessions.signIn({ issuer, subject, sessionId }, input, stage.actor(subject));
    if (world.sight.of(session) === null)
      world.violate("not-in", `the sign-in of ${sessionId} was answered, and bound nothing`);
  });
}

function signOut(stage: Stage): void {
  const { world, chance } = stage;
  const at = stage.anInstance();
  const device = stage.aDevice();
  if (at === null) return;
  const force = chance.happens(0.3);
  world.tell(
    () => `${device.subject} signs ${device.sessionId} out${force ? " by force" : ""} at ${at.instance.host.name}`,
  );
  world.ends.asked("leave", stage.nameOf(device));
  const before = world.store.model.getSession(device)?.bindingId;
  stage.request(
    `the sign-out of ${device.sessionId}`,
    at,
    () => at.instance.sessions.signOut(stage.claims(device), force, stage.actor(device.subject)),
    (outcome) => {
      const stands = world.store.model.getSession(device)?.bindingId;
      if (outcome === "ok" && before !== undefined && stands === before && !world.weather.seen.has("promotion")) {
        world.violate("not-left", `the sign-out of ${device.sessionId} was answered, and its session stands`);
      }
    },
  );
}

function list(stage: Stage): void {
  const at = stage.anInstance();
  if (at !== null) askForList(stage, stage.aDevice(), at);
}

/** @param ended told of `ok`, or of the code of the problem */
export function askForList(stage: Stage, device: Device, at: Running, ended?: (outcome: string) => void): void {
  const { world } = stage;
  const { instance } = at;
  const askedAt = world.timeline.now;
  const before = standingOf(stage, device);
  stage.request(
    `a list for ${device.sessionId}`,
    at,
    async () => {
      const bound = await instance.sessions.resolve(stage.claims(device));
      const deadline = instance.host.clock.monotonic() + 5_000;
      const [signIn] = await instance.sessions.gatewayFor(bound).conferenceIds({ deadline });
      world.sight.listed(device, Number(signIn), askedAt);
      world.ends.used(stage.nameOf(device), askedAt);
    },
    (outcome) => {
      if (outcome !== "ok") judge(stage, device, at, before, askedAt, outcome);
      ended?.(outcome);
    },
  );
}

/** In calm times, whoever has a session and an agent who is signed in gets an answer. */
function judge(
  stage: Stage,
  device: Device,
  at: Running,
  before: ReturnType<typeof standingOf>,
  askedAt: number,
  outcome: string,
): void {
  const { world } = stage;
  const stored = world.store.model.getSession(device);
  // Its time may be over, with no sweep having come by yet.
  if (stored === null || at.instance.sessions.over(stored) !== null) return;
  if (before === null || before.endedAt !== null || standingOf(stage, device) !== before) return;
  if (!world.weather.wasCalm(askedAt - 20_000)) return;
  const record = world.recordOf(before.session);
  const signIn = world.signInOf(before.session.agentId);
  if (record?.keepAlive !== "managed" || signIn === null || record.guid !== signIn.guids.at(-1)) return;
  if (signIn.at > askedAt - 1_000) return;
  world.violate("no-list", `a list for ${device.sessionId} was answered with ${outcome}, and nothing was wrong`);
}

export function standingOf(stage: Stage, device: Device) {
  const stored = stage.world.store.model.getSession(device);
  return stored === null ? null : stage.world.sight.of(stored);
}

function listen(stage: Stage, returns: boolean): void {
  const { world } = stage;
  const at = stage.anInstance();
  const device = stage.aDevice();
  if (at === null) return;
  device.leave?.();
  device.leave = null;
  const from = returns ? device.lastEventId : null;
  world.tell(() => `${device.sessionId} listens at ${at.instance.host.name}${from === null ? "" : ` from ${from} on`}`);
  let isOver = false;
  const listening = {
    heard: (text: string) => hear(stage, device, text),
    over: () => {
      isOver = true;
    },
  };
  stage.request(`the stream of ${device.sessionId}`, at, async () => {
    const leave = await at.instance.listen(stage.claims(device), from, listening);
    if (isOver) return;
    device.leave?.();
    device.leave = leave;
  });
}

function hear(stage: Stage, device: Device, text: string): void {
  for (const block of text.split("\n\n")) {
    const id = /^id: (.*)$/m.exec(block)?.[1];
    if (id === undefined) continue;
    const data = JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? "{}") as { content: EventContent };
    stage.world.tell(() => `${device.sessionId} hears event ${data.content.number} of sign-in ${data.content.signIn}`);
    stage.world.sight.heard(device, data.content);
    device.lastEventId = id;
  }
}

function leaveStream(stage: Stage): void {
  const device = stage.chance.pick(stage.devices);
  if (device.leave === null) return;
  stage.world.tell(() => `${device.sessionId} leaves its stream`);
  device.leave();
  device.leave = null;
}
