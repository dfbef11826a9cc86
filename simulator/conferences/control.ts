import type { Agent } from "../agents/agent.ts";
import type { Gateway } from "../gateway.ts";
import type { Answer } from "../requests/answers.ts";
import type { Call } from "../requests/call.ts";
import { CHAIR_CALLS } from "./chair-calls.ts";
import type { Conference, Place } from "./conference.ts";
import { OWN_CALLS } from "./own-calls.ts";

const CONTROL_CALLS = { ...OWN_CALLS, ...CHAIR_CALLS };

/**
 * `POST /agentconf/{agentid}/…` (pages 1283 to 1299). No control call names a conference: it is the one that the agent
 * is in. Before AgentConf_RequestSuccess every one of them fails at once. `null`: the call is none of these.
 */
export function controlConference(gateway: Gateway, call: Call, agent: Agent): Answer | null {
  const control = CONTROL_CALLS[call.route.name];
  if (control === undefined) return null;
  const { agentId } = agent.account;
  const conference = gateway.conferences.ofAgent(agentId);
  const place = placeOf(gateway, agentId, conference);
  if (place === "applying" && call.route.name !== "requestagentconf") {
    gateway.ledger.record("controlBeforeSuccess", agentId, call.route.name);
  }
  return control.answer({ gateway, agent, agentId, conference, place }, call);
}

function placeOf({ applications, invitations }: Gateway, agentId: string, conference: Conference | undefined): Place {
  const member = conference?.participants.find((one) => one.kind === "agent" && one.address === agentId);
  if (member !== undefined) return member.chair ? "chair" : "member";
  if (applications.isPending(agentId)) return "applying";
  return invitations.of(agentId) === null ? "none" : "invited";
}
