import { authenticate } from "../agents/authentication.ts";
import { farewell, poll } from "../agents/polling.ts";
import { agentStatus, signIn, signOut, updateGuid } from "../agents/signing.ts";
import { controlConference } from "../conferences/control.ts";
import { queryConfInfos, queryVdnConfId } from "../conferences/queries.ts";
import type { Gateway } from "../gateway.ts";
import { CALL_OPERATIONS } from "../operations/call-operations.ts";
import { INSPECTION_OPERATIONS } from "../operations/inspection-operations.ts";
import { STATE_OPERATIONS } from "../operations/state-operations.ts";
import { type Answer, failure, htmlPage, success } from "./answers.ts";
import type { Call } from "./call.ts";
import { SIGN_INS, SIGN_OUTS } from "./interfaces.ts";

/** What the gateway itself does with a call. `null`: a held poll's client has left. */
export function perform(gateway: Gateway, call: Call): Answer | Promise<Answer | null> | null {
  const { settings, sessions } = gateway;
  const { agent, route } = call;
  if (SIGN_INS.has(route.name)) return signIn(gateway, call);
  if (route.name === "iscensor" && !settings.iscensor) return htmlPage(404, "Not Found");
  if (agent !== null && route.name === "poll") {
    const last = farewell(gateway, call, agent);
    if (last !== null) return last;
  }
  const session = authenticate(call, settings, sessions, gateway.ledger);
  if (typeof session === "string" || agent === null) {
    const asked = route.name === "agentstatus" && settings.signedOutStatus === "state" && agent?.session === null;
    return asked ? agentStatus(gateway, agent, null) : failure(settings, session as string);
  }
  if (SIGN_OUTS.has(route.name)) return signOut(gateway, call, agent);
  // isForceChange: nothing works before the password is changed, which is not this program's business.
  if (agent.account.mustChangePassword) return failure(settings, "100-007");
  switch (route.name) {
    case "poll":
      return call.gone ? null : poll(gateway, call, agent, session);
    case "handshake":
      return success(settings, { message: "", headers: sessions.keptAlive(agent, session) });
    case "updateGuid":
      return updateGuid(gateway, agent, session);
    case "agentstatus":
      return agentStatus(gateway, agent, session);
    case "iscensor":
      return success(settings, { message: "", result: String(agent.account.inspector) });
    case "queryvdnconfid":
      return queryVdnConfId(gateway, agent);
    case "queryconfinfos":
      return queryConfInfos(gateway, call, agent);
  }
  const control = controlConference(gateway, call, agent);
  if (control !== null) return control;
  return OPERATIONS[route.name]?.(gateway, call, agent, session) ?? htmlPage(404, "Not Found");
}

const OPERATIONS = { ...STATE_OPERATIONS, ...CALL_OPERATIONS, ...INSPECTION_OPERATIONS };
