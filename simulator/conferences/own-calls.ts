import type { InterfaceName } from "../requests/interfaces.ts";
import { APPLICATION, NOTHING } from "./bodies.ts";
import { type Caller, type ControlCall, controlCall, DONE } from "./control-call.ts";

const HOUR = 60;
const REMINDER = 3;

const whoIsInOne = ({ place }: Caller) => (place === "member" || place === "chair" ? "101-003" : null);
const whoIsNotInvited = ({ place }: Caller) => (place === "invited" ? null : "101-001");

function whoCannotLeave({ place }: Caller): string | null {
  if (place === "chair") return "101-007";
  return place === "member" ? null : "101-001";
}

/** What an agent does about itself: apply, answer, decline, leave (pages 1283 to 1286). */
export const OWN_CALLS: Partial<Record<InterfaceName, ControlCall>> = {
  requestagentconf: controlCall(
    (caller) => (caller.place === "applying" ? "101-003" : whoIsInOne(caller)),
    APPLICATION,
    ({ gateway, agent }, body) => {
      const bookedMinutes = body.time ?? HOUR;
      const wanted = body.promptTime ?? REMINDER;
      const promptMinutes = wanted >= bookedMinutes ? bookedMinutes - 1 : wanted;
      gateway.applications.apply(agent, { bookedMinutes, seats: body.memberNum, promptMinutes });
      return DONE;
    },
  ),
  answeragentconf: controlCall(whoIsNotInvited, NOTHING, ({ gateway, agentId }) =>
    gateway.invitations.answer(agentId) ? DONE : { retcode: "101-001" },
  ),
  rejectagentconf: controlCall(whoIsNotInvited, NOTHING, ({ gateway, agentId }) =>
    gateway.invitations.decline(agentId) ? DONE : { retcode: "101-001" },
  ),
  requestleaveagentconf: controlCall(whoCannotLeave, NOTHING, ({ gateway, agentId, conference }) => {
    if (conference !== undefined) gateway.conferences.leave(conference.id, agentId, "left");
    return DONE;
  }),
};
