import type { Agent, Session } from "./agent.ts";

/** Gateway states (page 0581). 7, talking, is never an agent's own: it lasts as long as the call. */
export const STATES = { signedOut: 2, busy: 3, idle: 4, afterCallWork: 5, talking: 7, rest: 8 } as const;

type Tell = (agent: Agent, eventType: string, content?: string) => void;

/** What an agent goes over to: the states with the events that tell of them (pages 1342 to 1355). */
export class AgentStates {
  readonly #tell: Tell;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** The agent begins to talk, on a phone that rings and is taken off. */
  takesPhone(agent: Agent): void {
    this.#tell(agent, "AgentState_Busy");
    this.#tell(agent, "AgentOther_PhoneAlerting");
    this.#tell(agent, "AgentOther_PhoneOffhook");
  }

  /** It has stopped talking: idle or after-call work, and then what it has asked for meanwhile. */
  isFree(agent: Agent): void {
    const { session } = agent;
    if (session === null) return;
    session.state = session.autoEnterIdle ? STATES.idle : STATES.afterCallWork;
    this.#tell(agent, session.autoEnterIdle ? "AgentState_Ready" : "AgentState_Work");
    const next = session.stateAfterwards;
    session.stateAfterwards = null;
    next?.();
  }

  busy(agent: Agent, session: Session, reason: string): void {
    session.state = STATES.busy;
    this.#tell(agent, "AgentState_SetNotReady_Success", JSON.stringify({ reason }));
  }

  /** From whichever state it is in. Returns whether there was one to come back from. */
  idle(agent: Agent, session: Session): boolean {
    const ended = ENDED[session.state];
    if (ended === undefined) return false;
    session.state = STATES.idle;
    this.#tell(agent, ended);
    return true;
  }

  rest(agent: Agent, session: Session, reason: string): void {
    session.state = STATES.rest;
    this.#tell(agent, "AgentState_SetRest_Success", JSON.stringify({ reason }));
  }

  afterCallWork(agent: Agent, session: Session): void {
    session.state = STATES.afterCallWork;
    this.#tell(agent, "AgentState_SetWork_Success");
    this.#tell(agent, "AgentState_Work");
  }
}

const ENDED: Readonly<Record<number, string>> = {
  [STATES.busy]: "AgentState_CancelNotReady_Success",
  [STATES.afterCallWork]: "AgentState_CancelWork_Success",
  [STATES.rest]: "AgentState_CancelRest_Success",
};
