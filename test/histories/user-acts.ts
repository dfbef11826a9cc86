import type { AgentId } from "../../src/gateway/index.ts";
import type { EventContent, ListContent } from "./sight.ts";
import { agentIds, type Device, type Stage } from "./stage.ts";
import type { Running } from "./world.ts";

/** What users do, by name. Each draws what it needs. */
export const userActs: Readonly<Record<string, (stage: Stage) => void>> = {
  "sign-in": (stage) => signIn(stage, false),
  "forced-sign-in": (stage) => signIn(stage, true),
  "sign-out": (stage) => signOut(stage),
  "in-and-out": inAndOut,
  list,
  listen: (stage) => listen(stage, false),
  "come-back": (stage) => listen(stage, true),
  "listen-to-list": listenToList,
  "leave-stream": leaveStream,
  ask,
};

function signIn(stage: Stage, force: boolean): void {
  const { chance } = stage;
  const at = stage.anInstance();
  const device = chance.pick(stage.devices);
  const agentId: AgentId = chance.happens(0.75) ? device.agentId : chance.pick(agentIds);
  if (at !== null) signInAt(stage, device, agentId, at, force);
}

function signInAt(stage: Stage, device: Device, agentId: AgentId, at: Running, force: boolean): void {
  const { world } = stage;
  const { issuer, subject, sessionId } = device;
  world.tell(
    () => `${subject} signs ${sessionId} in as ${agentId}${force ? ", by force," : ""} at ${at.instance.host.name}`,
  );
  // Without force too, where the gateway has signed out who was in.
  world.ends.asked("force", agentId);
  const input = { agentId, password: `${issuer} ${subject}`, phoneNumber: "40038", force };
  stage.request(`the sign-in of ${sessionId}`, at, async () => {
    const { session } = await at.instance.sessions.signIn({ issuer, subject, sessionId }, input, stage.actor(subject));
    world.sight.answered(session, "bound");
    if (world.sight.of(session) === null)
      world.violate("not-in", `the sign-in of ${sessionId} was answered, and bound nothing`);
  });
}

/** Looks at its list, signs in anew, and out at once where it looked: what is remembered there is just being replaced. */
function inAndOut(stage: Stage): void {
  const { world, chance } = stage;
  const device = stage.aDevice();
  const [there, elsewhere] = [stage.anInstance(), stage.anInstance()];
  if (there === null || elsewhere === null) return;
  askForList(stage, device, there);
  // While the store is slow all of it takes as much longer.
  const pace = Math.max(20, 4 * (world.redis?.slowness ?? 0));
  const force = chance.happens(0.3);
  world.timeline.in(chance.between(0, pace), () => signInAt(stage, device, device.agentId, elsewhere, true));
  world.timeline.in(pace + chance.between(0, 2 * pace), () => signOut(stage, device, there, force));
}

export function signOut(
  stage: Stage,
  device = stage.aDevice(),
  at = stage.anInstance(),
  force = stage.chance.happens(0.3),
): void {
  const { world } = stage;
  if (at === null) return;
  world.tell(
    () => `${device.subject} signs ${device.sessionId} out${force ? " by force" : ""} at ${at.instance.host.name}`,
  );
  world.ends.asked("leave", stage.nameOf(device));
  const before = world.store.model.getSession(device);
  stage.request(
    `the sign-out of ${device.sessionId}`,
    at,
    () => at.instance.sessions.signOut(stage.claims(device), force, stage.actor(device.subject)),
    (outcome) => {
      if (outcome !== "ok" || before === null) return;
      const stands = world.store.model.getSession(device)?.bindingId;
      world.sight.answered(before, "left");
      if (stands === before.bindingId && !world.weather.seen.has("promotion")) {
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
      const { body } = await instance.lists.list(bound, { details: false });
      world.sight.listed(device, listIn(body), askedAt);
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
    const leave = await at.instance.listen({ claims: stage.claims(device), of: { lastEventId: from } }, listening);
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
  if (device.leave === null && device.leaveList === null) return;
  stage.world.tell(() => `${device.sessionId} leaves its streams`);
  device.leave?.();
  device.leave = null;
  leaveList(device);
}

/** Often with both devices of a user, which share what is asked for them; and one may be gone before the other is. */
function listenToList(stage: Stage): void {
  const { world, chance } = stage;
  const [at, elsewhere] = [stage.anInstance(), stage.anInstance()];
  const device = stage.aDevice();
  const mate = mateOf(stage, device);
  if (at === null || elsewhere === null) return;
  listenToListOf(stage, device, at);
  if (chance.happens(0.5)) return;
  listenToListOf(stage, mate, at);
  if (chance.happens(0.5)) return;
  world.timeline.in(chance.between(0, 5_000), () => signOut(stage, mate, elsewhere, false));
}

export function mateOf(stage: Stage, device: Device): Device {
  return stage.devices.find((one) => one !== device && one.subject === device.subject) ?? device;
}

export function listenToListOf(stage: Stage, device: Device, at: Running): void {
  const { world } = stage;
  leaveList(device);
  world.tell(() => `${device.sessionId} listens to its list at ${at.instance.host.name}`);
  let isOver = false;
  const listening = {
    heard: (text: string) => {
      for (const [, body] of text.matchAll(/^event: conferences\ndata: (.*)$/gm)) {
        const list = listIn(body as string);
        device.listedAt = list.askedAt;
        world.tell(() => `${device.sessionId} is shown the list of sign-in ${list.signIn}`);
        world.sight.streamed(device, list);
      }
    },
    over: () => {
      isOver = true;
    },
  };
  stage.request(`the stream of the list of ${device.sessionId}`, at, async () => {
    const leave = await at.instance.listen({ claims: stage.claims(device), of: "conferences" }, listening);
    if (isOver) return;
    leaveList(device);
    device.leaveList = leave;
  });
}

export function leaveList(device: Device): void {
  device.leaveList?.();
  device.leaveList = null;
  device.listedAt = null;
}

/** What the modelled gateway says in a list. */
function listIn(body: string): ListContent {
  const { conferences } = JSON.parse(body) as { conferences: { id: string }[] };
  const [signIn, vdnId, askedAt] = conferences.map(({ id }) => id);
  return { signIn: Number(signIn), vdnId: String(vdnId), askedAt: Number(askedAt) };
}

/** Something else of the agent's, and what is known of its own conference. */
function ask(stage: Stage): void {
  const { world, chance } = stage;
  const at = stage.anInstance();
  const device = stage.aDevice();
  if (at === null) return;
  const { sessions, host } = at.instance;
  const inspector = chance.happens(0.8);
  world.tell(() => `${device.sessionId} asks something else at ${host.name}`);
  stage.request(`a question of ${device.sessionId}`, at, async () => {
    const bound = await sessions.resolve(stage.claims(device));
    const deadline = host.clock.monotonic() + 5_000;
    await sessions.gatewayFor(bound).conferenceDetails([], { deadline });
    sessions.learnInspector(bound.agent, inspector);
    const own = await sessions.ownConference(bound);
    if (own.state === "requested") return;
    const since = sessions.clock.wall();
    await sessions.changeOwnConference(bound, (known, epoch) => ({
      ...known,
      state: "requested",
      unsure: true,
      epoch,
      since,
    }));
    await sessions.gatewayFor(bound).change(deadline, async () => undefined);
    if (!(sessions.expiresAt(bound.session) <= sessions.latestEnd(bound.session))) {
      world.violate("mistake", "a session ends later than it may");
    }
  });
}
