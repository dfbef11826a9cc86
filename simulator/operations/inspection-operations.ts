import type { Agent } from "../agents/agent.ts";
import { STATES } from "../agents/states.ts";
import { optional, record } from "../fields.ts";
import type { Gateway } from "../gateway.ts";
import { type Answer, done, failure } from "../requests/answers.ts";
import type { InterfaceName } from "../requests/interfaces.ts";
import { int, readQuery, string } from "../requests/parameters.ts";
import type { Inspecting, Inspection } from "./inspections.ts";
import type { Operation } from "./operation.ts";

const MODES: readonly Inspecting[] = ["listen", "insert", "whisper"];

const WHISPER = record({ whisperagentid: optional(string(0, 24)) }, false);
const SWITCH = record({ whisperagentid: optional(string(0, 24)), switchtype: int(0, 2) }, false);

/** The agent whom an inspector names, or the retcode: no right, nobody of that id in the tenant, itself. */
function targetOf({ agents }: Gateway, inspector: Agent, agentId: string): Agent | string {
  if (!inspector.account.inspector) return "900-002";
  if (agentId === inspector.account.agentId) return "000-005";
  const target = agents.get(agentId);
  if (target === undefined || target.account.vdnId !== inspector.account.vdnId) return "900-004";
  return target.session === null ? "900-003" : target;
}

/** Begins to listen, whisper or barge in. An agent in a conference is not inspected. */
function begin(gateway: Gateway, inspector: Agent, agentId: string, mode: Inspecting): Answer {
  const { settings, inspections, conferences, calls } = gateway;
  const target = targetOf(gateway, inspector, agentId);
  if (typeof target === "string") return failure(settings, target);
  const inCall = target.account.talking || calls.of(agentId).length > 0;
  const free = !gateway.isTalking(inspector) && inspections.of(inspector.account.agentId) === undefined;
  const suits = conferences.ofAgent(agentId) === undefined && (mode === "listen" || inCall);
  if (!free || !suits) return failure(settings, "900-005");
  inspections.begin(inspector, target, mode);
  return done(settings);
}

/** What is about the inspection that goes on: of this agent, where one is named. */
function goingOn(gateway: Gateway, inspector: Agent, agentId: string, act: (one: Inspection) => void): Answer {
  if (!inspector.account.inspector) return failure(gateway.settings, "900-002");
  const inspection = gateway.inspections.of(inspector.account.agentId);
  const meant = inspection !== undefined && (agentId === "" || inspection.target.account.agentId === agentId);
  if (!meant) return failure(gateway.settings, "900-003");
  act(inspection);
  return done(gateway.settings);
}

const named =
  (act: (gateway: Gateway, inspector: Agent, agentId: string) => Answer): Operation =>
  (gateway, { route }, agent) =>
    act(gateway, agent, route.parameters[0] ?? "");

/** Pages 2401 to 2414. */
export const INSPECTION_OPERATIONS: Partial<Record<InterfaceName, Operation>> = {
  addinsert: named((gateway, inspector, agentId) => begin(gateway, inspector, agentId, "insert")),
  addsupervise: named((gateway, inspector, agentId) => begin(gateway, inspector, agentId, "listen")),
  intercept: named((gateway, inspector, agentId) =>
    goingOn(gateway, inspector, agentId, (inspection) => {
      const { inspections, calls, sessions } = gateway;
      const call = calls.stable(inspection.target.account.agentId);
      inspections.takenOver(inspection);
      if (call === null) return void gateway.states.isFree(inspector);
      calls.handOver(inspection.target, inspector, call);
      sessions.tell(inspector, "AgentMediaEvent_Record");
    }),
  ),
  stopsupervise: named((gateway, inspector, agentId) =>
    goingOn(gateway, inspector, agentId, (inspection) => gateway.inspections.end(inspection)),
  ),
  switch: named((gateway, inspector, agentId) =>
    goingOn(gateway, inspector, agentId, (one) => gateway.inspections.change(one, other(one.mode))),
  ),
  forcebusy: named((gateway, inspector, agentId) => {
    const target = targetOf(gateway, inspector, agentId);
    if (typeof target === "string" || target.session === null) return failure(gateway.settings, target as string);
    if (!gateway.isTalking(target)) target.session.state = STATES.busy;
    gateway.sessions.tell(target, "AgentState_Force_SetNotReady", '{"reason":"3"}');
    return done(gateway.settings);
  }),
  "inspector-forcelogout": named((gateway, inspector, agentId) => {
    const target = targetOf(gateway, inspector, agentId);
    if (typeof target === "string") return failure(gateway.settings, target);
    gateway.kick(target);
    return done(gateway.settings);
  }),
  requestwhisperagent: (gateway, call, inspector) => {
    const read = readQuery(gateway, call, WHISPER);
    if ("refusal" in read) return read.refusal;
    return begin(gateway, inspector, read.values.whisperagentid ?? "", "whisper");
  },
  requeststopwhisperagent: (gateway, call, inspector) => {
    const read = readQuery(gateway, call, WHISPER);
    if ("refusal" in read) return read.refusal;
    const { whisperagentid = "" } = read.values;
    return goingOn(gateway, inspector, whisperagentid, (inspection) => gateway.inspections.end(inspection));
  },
  requestswitchinsertwhisperagent: (gateway, call, inspector) => {
    const read = readQuery(gateway, call, SWITCH);
    if ("refusal" in read) return read.refusal;
    const { whisperagentid = "", switchtype } = read.values;
    return goingOn(gateway, inspector, whisperagentid, (inspection) =>
      gateway.inspections.change(inspection, MODES[switchtype] ?? "listen"),
    );
  },
};

const other = (mode: Inspecting): Inspecting => (mode === "listen" ? "insert" : "listen");
