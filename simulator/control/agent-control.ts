import type { Agent } from "../agents/agent.ts";
import { announceSignIn } from "../agents/signing.ts";
import { STATES } from "../agents/states.ts";
import { stringifyExactly } from "../exact-json.ts";
import type { Gateway } from "../gateway.ts";
import type { AgentControl, AgentView } from "./control.ts";

export function agentControl(gateway: Gateway): AgentControl {
  const { sessions, calls, conferences } = gateway;
  const known = (agentId: string): Agent => {
    const agent = gateway.agents.get(agentId);
    if (agent === undefined) throw new RangeError(`no agent ${agentId}`);
    return agent;
  };
  const view = (agent: Agent): AgentView => viewOf(gateway, agent);
  const rotate = (agent: Agent) => {
    const session = agent.session;
    if (session === null) return;
    session.rotationDue = true;
    if (session.held.length > 0) session.held.shift()?.answer(sessions.nextPollAnswer(agent, session));
  };
  return {
    agents({ signedIn = false, limit = 100 } = {}) {
      const views: AgentView[] = [];
      for (const agent of gateway.agents.values()) {
        if (views.length >= limit) break;
        if (!signedIn || agent.session !== null) views.push(view(agent));
      }
      return views;
    },
    agent: (agentId) => view(known(agentId)),
    putAgent: (agentId, account = {}) => view(gateway.putAgent(agentId, account)),
    signIn(agentId, status = STATES.busy) {
      const agent = known(agentId);
      sessions.end(agent, "replaced");
      announceSignIn(gateway, agent, sessions.start(agent, { state: status, push: false }));
      return view(agent);
    },
    rotate(agentId) {
      for (const agent of agentId === undefined ? gateway.agents.values() : [known(agentId)]) rotate(agent);
    },
    kick: (agentId) => gateway.kick(known(agentId)),
    invalidate(agentId) {
      const agent = known(agentId);
      if (agent.session !== null) sessions.replaceGuid(agent, agent.session, "invalidated", 0);
    },
    sendEvent(agentId, eventType, content = null, stamped = false) {
      const agent = known(agentId);
      const stamp = stamped && agent.session !== null ? { loginTime: String(agent.session.loginTime) } : null;
      sessions.tell(agent, eventType, stringifyExactly(stamp === null ? content : { ...Object(content), ...stamp }));
    },
    ring(agentId, number) {
      const agent = known(agentId);
      if (agent.session === null) throw new TypeError(`${agentId} is not signed in`);
      return calls.ring(agent, number);
    },
    hangUp(agentId) {
      const agent = known(agentId);
      const conference = conferences.ofAgent(agentId);
      if (conference !== undefined) conferences.leave(conference.id, agentId, "hung-up");
      for (const call of [...calls.of(agentId)]) calls.release(agent, call);
    },
  };
}

function viewOf(gateway: Gateway, agent: Agent): AgentView {
  const { session } = agent;
  return {
    ...agent.account,
    signedIn: session !== null,
    state: session === null ? STATES.signedOut : gateway.isTalking(agent) ? STATES.talking : session.state,
    guid: session?.guid ?? null,
    cookie: session?.cookies.join("; ") ?? null,
    loginTime: session === null ? null : String(session.loginTime),
    heldPolls: session?.held.length ?? 0,
    queuedEvents: session?.events.length ?? 0,
  };
}
