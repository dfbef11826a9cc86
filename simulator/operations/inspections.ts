import type { Agent } from "../agents/agent.ts";
import type { AgentStates } from "../agents/states.ts";

/** qcType of the events (pages 0542, 0543). */
const QC_TYPES = { listen: 8, insert: 9, whisper: 20_172 } as const;
export type Inspecting = keyof typeof QC_TYPES;

export interface Inspection {
  readonly inspector: Agent;
  readonly target: Agent;
  mode: Inspecting;
}

type Tell = (agent: Agent, eventType: string, content?: string) => void;

/** Inspectors who listen to an agent, whisper or barge in (pages 2401 to 2414); one at a time each. */
export class Inspections {
  readonly #tell: Tell;
  readonly #states: AgentStates;
  readonly #byInspector = new Map<string, Inspection>();

  constructor(tell: Tell, states: AgentStates) {
    this.#tell = tell;
    this.#states = states;
  }

  of(inspectorId: string): Inspection | undefined {
    return this.#byInspector.get(inspectorId);
  }

  begin(inspector: Agent, target: Agent, mode: Inspecting): void {
    this.#states.takesPhone(inspector);
    const inspection: Inspection = { inspector, target, mode };
    this.#byInspector.set(inspector.account.agentId, inspection);
    this.#told(inspection, "AgentOther_BeQcStart");
  }

  change(inspection: Inspection, mode: Inspecting): void {
    inspection.mode = mode;
    this.#told(inspection, "AgentOther_BeQcStart");
  }

  end(inspection: Inspection): void {
    this.#byInspector.delete(inspection.inspector.account.agentId);
    this.#told(inspection, "AgentOther_BeQcStop");
    this.#tell(inspection.inspector, "AgentOther_PhoneRelease", '{"phoneState":3}');
    this.#states.isFree(inspection.inspector);
  }

  /** The inspector has the call now, and goes on talking. */
  takenOver(inspection: Inspection): void {
    this.#byInspector.delete(inspection.inspector.account.agentId);
    this.#told(inspection, "AgentOther_BeQcStop");
  }

  /** Somebody is signed out: the one who inspected, or the one who was inspected. */
  forget(agent: Agent): void {
    for (const inspection of [...this.#byInspector.values()]) {
      if (inspection.target === agent || inspection.inspector === agent) this.end(inspection);
    }
  }

  #told({ inspector, target, mode }: Inspection, eventType: string): void {
    const content = { qcType: String(QC_TYPES[mode]), qcAgentId: inspector.account.agentId };
    this.#tell(target, eventType, JSON.stringify(content));
  }
}
