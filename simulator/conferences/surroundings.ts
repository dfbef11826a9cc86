import type { Agenda } from "../agenda.ts";
import type { Agent } from "../agents/agent.ts";
import type { Phones } from "../phones.ts";
import type { Settings } from "../settings.ts";

/** What conferences and calls need of the gateway around them. */
export interface Surroundings {
  readonly settings: Settings;
  readonly agenda: Agenda;
  readonly phones: Phones;
  agentOf(agentId: string): Agent | null;
  /** Signed in, in state idle, and not talking, ringing or applying: only such an agent rings (and may apply). */
  isIdle(agent: Agent): boolean;
  /** Nothing for who is not signed in. `content` is JSON text. */
  tell(agentId: string, eventType: string, content?: string): void;
}
