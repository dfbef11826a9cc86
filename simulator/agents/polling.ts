import type { Gateway } from "../gateway.ts";
import { type Answer, failure, success } from "../requests/answers.ts";
import type { Call } from "../requests/call.ts";
import type { Ledger } from "../requests/ledger.ts";
import { type Settings, scaled } from "../settings.ts";
import type { Agent, HeldPoll, Session } from "./agent.ts";

/** A client that has closed a poll's socket may start the next one before the close has reached us. */
const CLOSE_ON_ITS_WAY_MS = 20;

/** Counts what is wrong with the moment at which a poll comes, and keeps the agent's list of open ones. */
export function pollArrived(agent: Agent, call: Call, settings: Settings, ledger: Ledger): void {
  const { agentId } = agent.account;
  const { lastPoll } = agent;
  if (agent.openPolls.length > 0) {
    const takeBack = ledger.record("overlappingPoll", agentId, `${agent.openPolls.length} open`);
    const open = [...agent.openPolls];
    const judge = setTimeout(() => {
      if (open.every((poll) => poll.gone)) takeBack();
    }, CLOSE_ON_ITS_WAY_MS);
    judge.unref();
  } else if (lastPoll !== null) {
    const pause = call.arrivedAt - lastPoll.endedAt;
    if (pause < scaled(settings, "hastyPollMs")) {
      ledger.record(lastPoll.answered ? "hastyPoll" : "hastyPollAfterFault", agentId, `${Math.round(pause)} ms`);
    }
  }
  agent.openPolls.push(call);
}

/** A poll that its client left says nothing about the client's pauses. */
export function pollEnded(agent: Agent, call: Call, ledger: Ledger): void {
  agent.openPolls = agent.openPolls.filter((open) => open !== call);
  if (call.gone && !call.broken) {
    ledger.counters.abortedPolls += 1;
    agent.lastPoll = null;
  } else {
    agent.lastPoll = { endedAt: performance.now(), answered: !call.gone };
  }
}

/** `GET /agentevent/{agentid}` (1274). Resolves to `null` when the client has left. */
export function poll(gateway: Gateway, call: Call, agent: Agent, session: Session): Answer | Promise<Answer | null> {
  const { settings, sessions } = gateway;
  if (session.push) return failure(settings, "000-001");
  if (session.events.length > 0 || session.rotationDue) return sessions.nextPollAnswer(agent, session);
  return new Promise((resolve) => {
    const held: HeldPoll = {
      timer: setTimeout(
        () => {
          session.held.splice(session.held.indexOf(held), 1);
          held.answer(sessions.nextPollAnswer(agent, session));
        },
        scaled(settings, "pollHoldMs"),
      ),
      answer(answer) {
        clearTimeout(held.timer);
        call.whenGone = null;
        resolve(answer);
      },
    };
    session.held.push(held);
    call.whenGone = () => {
      const place = session.held.indexOf(held);
      if (place >= 0) session.held.splice(place, 1);
      held.answer(null);
    };
  });
}

/** A client that was pushed out may still fetch the event that says so, once. */
export function farewell({ settings, ledger }: Gateway, call: Call, agent: Agent): Answer | null {
  const last = agent.farewell;
  if (last === null || call.request.headers.guid !== last.guid) return null;
  agent.farewell = null;
  ledger.counters.eventsDelivered += 1;
  return success(settings, { message: "", event: last.event });
}
