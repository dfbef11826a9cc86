import type { Agent, Session } from "../agents/agent.ts";
import type { Gateway } from "../gateway.ts";
import type { Answer } from "../requests/answers.ts";
import type { Call } from "../requests/call.ts";

/** One of the agent's operations beside the conferences: its answer, retcode and all. */
export type Operation = (gateway: Gateway, call: Call, agent: Agent, session: Session) => Answer;
