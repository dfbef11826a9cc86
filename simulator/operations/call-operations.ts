import type { VoiceCall } from "../calls/voice-call.ts";
import { optional, record } from "../fields.ts";
import { done, failure, success } from "../requests/answers.ts";
import type { InterfaceName } from "../requests/interfaces.ts";
import { body, boolean, int, readParameters, readQuery, string } from "../requests/parameters.ts";
import type { Operation } from "./operation.ts";

const MOST_DATA = 16 * 1024;
const NUMBER = /^[0-9*#]*$/;
const DIAL = body({
  called: string(1, 24, NUMBER),
  caller: optional(string(0, 24, NUMBER)),
  skillid: optional(int(0, 1_000_000)),
  callappdata: optional(string(0, MOST_DATA)),
  mediaability: optional(int(0, 2)),
  userVideoDirection: optional(int(1, 4)),
});
const WHICH = record({ callid: optional(string(0, 64)) }, false);
const THREE = body({ callid: string(1, 64), callappdata: optional(string(0, MOST_DATA)) });
const DATA = body({
  callid: optional(string(0, 64)),
  calldata: optional(string(0, (MOST_DATA * 4) / 3 + 4)),
  isDataEncoded: optional(boolean),
});
const OLD_DATA = record({ calldata: optional(string(0, MOST_DATA)), callid: optional(string(0, 64)) }, false);
const DATA_OF = record({ isEncodeResult: optional(boolean), callId: optional(string(0, 64)) }, false);

/** The call that is meant: the one of this id, or the first of these states. */
function chosen(calls: readonly VoiceCall[], callId: string | undefined, state?: VoiceCall["state"]) {
  return calls.find((call) => (callId ? call.callId === callId : state === undefined || call.state === state));
}

/** Pages 1232 to 1248, and 1262, 1263 for the data that travel with a call. */
export const CALL_OPERATIONS: Partial<Record<InterfaceName, Operation>> = {
  callout: (gateway, call, agent) => {
    const { settings, calls } = gateway;
    const read = readParameters(gateway, call, DIAL);
    if ("refusal" in read) return call.body.includes('"called"') ? failure(settings, "200-001") : read.refusal;
    const { agentId } = agent.account;
    const engaged = calls.of(agentId).some(({ state }) => state !== "held");
    // Whether another code belongs to it is not known: not while a call waits, or runs.
    if (engaged || (gateway.isTalking(agent) && calls.of(agentId).length === 0)) return failure(settings, "100-009");
    const callId = calls.dial(agent, read.values.called, read.values.callappdata ?? "");
    return success(settings, { message: "success", result: JSON.stringify(callId) });
  },
  answer: (gateway, call, agent) => {
    const read = readQuery(gateway, call, WHICH);
    if ("refusal" in read) return read.refusal;
    const ringing = chosen(gateway.calls.of(agent.account.agentId), read.values.callid, "ringing");
    if (ringing?.state !== "ringing") return failure(gateway.settings, "200-002");
    gateway.calls.answer(agent, ringing);
    return done(gateway.settings);
  },
  release: ({ settings, calls }, _call, agent) => {
    const all = calls.of(agent.account.agentId);
    const one = all.find(({ state }) => state !== "held") ?? all[0];
    if (one === undefined) return failure(settings, "200-017");
    calls.release(agent, one);
    return done(settings);
  },
  hold: ({ settings, calls }, _call, agent) => {
    const all = calls.of(agent.account.agentId);
    if (all.length === 0) return failure(settings, "200-013");
    const talking = chosen(all, undefined, "talking");
    if (talking === undefined) return failure(settings, "200-014");
    calls.hold(agent, talking);
    return done(settings);
  },
  gethold: (gateway, call, agent) => {
    const { settings, calls } = gateway;
    const read = readQuery(gateway, call, WHICH);
    if ("refusal" in read) return read.refusal;
    const all = calls.of(agent.account.agentId);
    const held = chosen(all, read.values.callid, "held");
    if (held?.state !== "held") return failure(settings, "200-015");
    if (all.some(({ state }) => state === "talking")) return failure(settings, "200-016");
    calls.retrieve(agent, held);
    return done(settings);
  },
  connecthold: ({ settings, calls }, { route }, agent) => {
    const all = calls.of(agent.account.agentId);
    const talking = chosen(all, undefined, "talking");
    const held = chosen(all, route.parameters[0] ?? "");
    if (talking === undefined) return failure(settings, "200-013");
    if (held?.state !== "held") return failure(settings, "200-014");
    calls.hold(agent, talking);
    calls.retrieve(agent, held);
    return done(settings);
  },
  disconnect: ({ settings, calls }, { route }, agent) => {
    const all = calls.of(agent.account.agentId);
    if (all.length === 0) return failure(settings, "200-023");
    const one = all.find(({ number }) => number === route.parameters[0]);
    if (one === undefined) return failure(settings, "200-024");
    calls.disconnect(agent, one);
    return done(settings);
  },
  confjoin: (gateway, call, agent) => {
    const { settings, calls } = gateway;
    const read = readParameters(gateway, call, THREE);
    if ("refusal" in read) return read.refusal;
    const all = calls.of(agent.account.agentId);
    if (chosen(all, undefined, "talking") === undefined) return failure(settings, "200-010");
    const held = chosen(all, read.values.callid);
    if (held?.state !== "held") return failure(settings, "200-011");
    held.state = "talking";
    gateway.sessions.tell(agent, "AgentEvent_Conference", JSON.stringify({ callid: held.callId }));
    return done(settings);
  },
  setcalldata: (gateway, call, agent) => {
    const read = readQuery(gateway, call, OLD_DATA);
    if ("refusal" in read) return read.refusal;
    const one = chosen(gateway.calls.of(agent.account.agentId), read.values.callid);
    if (one === undefined) return failure(gateway.settings, "400-001");
    if (read.values.calldata === undefined) return failure(gateway.settings, "400-002");
    one.data = read.values.calldata;
    return done(gateway.settings);
  },
  setcalldataex: (gateway, call, agent) => {
    const read = readParameters(gateway, call, DATA);
    if ("refusal" in read) return read.refusal;
    const { callid, calldata = "", isDataEncoded = false } = read.values;
    const data = isDataEncoded ? Buffer.from(calldata, "base64").toString("utf8") : calldata;
    if (Buffer.byteLength(data) > MOST_DATA) return failure(gateway.settings, "000-002");
    const one = chosen(gateway.calls.of(agent.account.agentId), callid);
    if (one === undefined) return failure(gateway.settings, "400-001");
    one.data = data;
    return done(gateway.settings);
  },
  appdata: (gateway, call, agent) => {
    const read = readQuery(gateway, call, DATA_OF);
    if ("refusal" in read) return read.refusal;
    const data = chosen(gateway.calls.of(agent.account.agentId), read.values.callId)?.data ?? "";
    const text = read.values.isEncodeResult ? Buffer.from(data).toString("base64") : data;
    return success(gateway.settings, { message: "success", result: JSON.stringify(text) });
  },
};
