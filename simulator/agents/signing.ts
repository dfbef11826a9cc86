import type { Gateway } from "../gateway.ts";
import { type Answer, failure, htmlPage, success } from "../requests/answers.ts";
import type { Call } from "../requests/call.ts";
import type { Account, Agent, Session } from "./agent.ts";
import { eventText, loginTimeOf, SHUTDOWN } from "./events.ts";
import { readSignInBody } from "./sign-in-body.ts";
import { STATES } from "./states.ts";

/** `PUT /onlineagent/{agentid}`, `…/forcelogin`, `…/loginex` (1202, 1203, 1224). */
export function signIn(gateway: Gateway, call: Call): Answer {
  const { settings, ledger, sessions } = gateway;
  const { agent, route } = call;
  const body = readSignInBody(call.body, route.name === "loginex");
  if (body === null) {
    ledger.record("invalidBody", route.agentId, route.name);
    return htmlPage(400, "Bad Request");
  }
  const refused = typeof body === "string" ? body : refusal(gateway, call, body.password);
  if (refused !== null || agent === null || typeof body === "string") return failure(settings, refused ?? "100-004");

  if (agent.session !== null) {
    pushOut(gateway, agent, agent.session);
    ledger.counters.forcedSignIns += 1;
  }
  ledger.counters.signIns += 1;
  const { farewell } = agent;
  const session = sessions.start(agent, { ...body, state: body.status });
  if (settings.forcedOutEvent === "to-the-old") agent.farewell = farewell;
  if (settings.forcedOutEvent === "to-the-new" && farewell !== null) session.events.push(farewell.event);
  announceSignIn(gateway, agent, session);
  return success(settings, {
    message: "",
    result: signInResult(agent.account, session),
    headers: {
      "Set-GUID": `JSESSIONID=${session.guid}`,
      ...(session.cookies.length > 0 && { "Set-Cookie": sessions.cookieHeaders(session) }),
    },
  });
}

/** What the pushed-out client sees is not documented: its poll ends, and its next call gets 000-003. */
function pushOut({ settings, sessions }: Gateway, agent: Agent, session: Session): void {
  const event = eventText(settings, session.agentId, SHUTDOWN, loginTimeOf(session));
  const { guid, held } = session;
  const told = settings.forcedOutEvent === "to-the-old" && held.length > 0;
  sessions.end(agent, "replaced", success(settings, { message: "", event: told ? event : undefined }));
  agent.farewell = told ? null : { guid, event };
}

/** The retcode that refuses this sign-in, or `null`. Whether the agent is in is only told to who knows its password. */
function refusal({ settings }: Gateway, call: Call, password: string): string | null {
  const { agent, route } = call;
  const number = Number(route.agentId);
  if (!/^[1-9]\d{2,8}$/.test(route.agentId) || number < 101 || number > settings.maxAgentId) return "000-002";
  if (agent === null) return "100-004";
  if (call.duringSignIn) return "100-021";
  const { account } = agent;
  if (account.locked) return "110-016";
  if (account.password !== password && !(route.name === "loginex" && password === "")) {
    agent.wrongPasswords += 1;
    if (settings.lockAfter > 0 && agent.wrongPasswords >= settings.lockAfter) account.locked = true;
    return "100-004";
  }
  agent.wrongPasswords = 0;
  if (account.passwordExpired) return "100-020";
  if (agent.session === null) return null;
  if (route.name !== "forcelogin") return "100-002";
  return account.unforceable ? "100-015" : null;
}

function signInResult(account: Account, session: Session): string {
  return JSON.stringify({
    vdnid: account.vdnId,
    workno: account.agentId,
    mediatype: "TTF",
    loginTime: String(session.loginTime),
    isForceChange: String(account.mustChangePassword),
    serverName: "AgentGateway",
    timeRemaining: account.passwordDaysLeft === null ? "" : String(account.passwordDaysLeft),
  });
}

/** The events that follow a sign-in, by the status it asked for (page 1224). */
export function announceSignIn({ sessions }: Gateway, agent: Agent, session: Session): void {
  sessions.tell(agent, "AgentOther_InService");
  sessions.tell(agent, "AgentState_Ready");
  if (session.state === STATES.busy) sessions.tell(agent, "AgentState_SetNotReady_Success");
  if (session.state === STATES.afterCallWork) sessions.tell(agent, "AgentState_Work");
}

/** `logout` (1219) spares an agent who is talking; `forcelogout` (1220, 1221) ends the call as well. */
export function signOut(gateway: Gateway, call: Call, agent: Agent): Answer {
  const { settings, sessions, ledger } = gateway;
  const { name, parameters } = call.route;
  if (name === "logout" && gateway.isTalking(agent)) return failure(settings, "100-010");
  if (name === "forcelogoutwithreason" && !/^(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])$/.test(parameters[0] ?? "")) {
    return failure(settings, "100-005");
  }
  ledger.counters.signOuts += 1;
  agent.account.talking = false;
  sessions.end(agent, "signed-out");
  return success(settings, { message: "success", result: name === "logout" ? "{}" : undefined });
}

/** `PUT …/updateGuid` (1225): the new Guid comes in the body, the old one dies. */
export function updateGuid({ settings, sessions }: Gateway, agent: Agent, session: Session): Answer {
  sessions.replaceGuid(agent, session, "updated", 0);
  return success(settings, { message: "success", result: JSON.stringify({ guid: session.guid }) });
}

/** `GET …/agentstatus` (1222). Without a session the agent is out. */
export function agentStatus(gateway: Gateway, agent: Agent, session: Session | null): Answer {
  const talking = session !== null && gateway.isTalking(agent);
  const state = agent.account.agentState ?? (talking ? STATES.talking : (session?.state ?? STATES.signedOut));
  const result = JSON.stringify({ agentState: state, isWorking: talking });
  const { agentStatusShape } = gateway.settings;
  return success(gateway.settings, { message: "", result: agentStatusShape === "array" ? `[${result}]` : result });
}
