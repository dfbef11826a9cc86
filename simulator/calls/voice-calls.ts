import type { Agent } from "../agents/agent.ts";
import type { AgentStates } from "../agents/states.ts";
import type { Surroundings } from "../conferences/surroundings.ts";
import { scaled } from "../settings.ts";
import { callText, newCallId, type VoiceCall } from "./voice-call.ts";

/** The calls of the agents (pages 1232 to 1248): dialled or coming in, talking, held. */
export class VoiceCalls {
  readonly #around: Surroundings;
  readonly #states: AgentStates;
  readonly #byAgent = new Map<string, VoiceCall[]>();
  readonly #timers = new Map<VoiceCall, () => void>();

  constructor(around: Surroundings, states: AgentStates) {
    this.#around = around;
    this.#states = states;
  }

  of(agentId: string): readonly VoiceCall[] {
    return this.#byAgent.get(agentId) ?? [];
  }

  /** The one call of an agent who talks and holds nobody; `null` when there is none. */
  stable(agentId: string): VoiceCall | null {
    const [call, ...others] = this.of(agentId);
    return call?.state === "talking" && others.length === 0 ? call : null;
  }

  /** Returns the call's id; what becomes of it is told by events. */
  dial(agent: Agent, number: string, data: string): string {
    const call = this.#begin(agent, { number, incoming: false, state: "calling", data });
    const phone = this.#around.phones.at(number);
    const alerting = { callid: call.callId, otherPhone: number, otherPhoneWorkno: "", type: "main" };
    this.#tell(agent, "AgentEvent_Customer_Alerting", JSON.stringify(alerting));
    const { settings } = this.#around;
    const after = phone.afterMs === null ? scaled(settings, "phoneAnswerMs") : phone.afterMs / settings.timeScale;
    const answered = phone.does === "answers";
    this.#later(call, phone.does === "rings" ? scaled(settings, "ringingMs") : after, () =>
      answered ? this.#talks(agent, call) : this.#fails(agent, call),
    );
    return call.callId;
  }

  /** Somebody calls the agent. */
  ring(agent: Agent, number: string): string {
    const call = this.#begin(agent, { number, incoming: true, state: "ringing", data: "" });
    this.#tell(agent, "AgentEvent_Ringing", callText(call, agent.account.agentId));
    this.#later(call, scaled(this.#around.settings, "ringingMs"), () => {
      this.#tell(agent, "AgentEvent_No_Answer", JSON.stringify(call.callId));
      this.#end(agent, call);
    });
    return call.callId;
  }

  answer(agent: Agent, call: VoiceCall): void {
    this.#talks(agent, call);
  }

  hold(agent: Agent, call: VoiceCall): void {
    call.state = "held";
    this.#tell(agent, "AgentEvent_Hold", JSON.stringify(call.callId));
  }

  retrieve(agent: Agent, call: VoiceCall): void {
    this.#talks(agent, call);
  }

  /** The agent, or the platform for it, hangs up. */
  release(agent: Agent, call: VoiceCall): void {
    this.#tell(agent, "AgentEvent_Call_Release", JSON.stringify(call.callId));
    this.#customerLeaves(agent, call);
    this.#end(agent, call);
  }

  /** The other party is put out, or hangs up. */
  disconnect(agent: Agent, call: VoiceCall): void {
    this.#customerLeaves(agent, call);
    this.#end(agent, call);
  }

  /** The call goes on as a conference: the agent goes on talking. */
  intoConference(agentId: string): void {
    for (const call of this.of(agentId)) this.#settle(call);
    this.#byAgent.delete(agentId);
  }

  /** Another agent has the call now (page 2403). */
  handOver(from: Agent, to: Agent, call: VoiceCall): void {
    this.#tell(from, "AgentEvent_Call_Release", JSON.stringify(call.callId));
    this.#end(from, call);
    this.#byAgent.set(to.account.agentId, [call]);
    this.#tell(to, "AgentEvent_Talking", callText(call, to.account.agentId));
  }

  /** The agent is gone; nobody is told. */
  forget(agentId: string): void {
    this.intoConference(agentId);
  }

  #begin(agent: Agent, given: Omit<VoiceCall, "callId">): VoiceCall {
    const { agentId } = agent.account;
    const call: VoiceCall = { callId: newCallId(), ...given };
    const first = this.of(agentId).length === 0;
    this.#byAgent.set(agentId, [...this.of(agentId), call]);
    if (first && !call.incoming) this.#states.takesPhone(agent);
    return call;
  }

  #talks(agent: Agent, call: VoiceCall): void {
    this.#settle(call);
    const wasRinging = call.state === "ringing";
    call.state = "talking";
    if (wasRinging && this.of(agent.account.agentId).length === 1) this.#states.takesPhone(agent);
    this.#tell(agent, "AgentEvent_Talking", callText(call, agent.account.agentId));
  }

  #fails(agent: Agent, call: VoiceCall): void {
    this.#tell(agent, "AgentEvent_Call_Out_Fail", JSON.stringify(call.callId));
    this.#tell(agent, "AgentEvent_Connect_Fail", JSON.stringify({ callid: call.callId }));
    this.#end(agent, call);
  }

  #customerLeaves(agent: Agent, { callId, number }: VoiceCall): void {
    this.#tell(agent, "AgentEvent_Customer_Release", JSON.stringify({ callid: callId, number }));
  }

  #end(agent: Agent, call: VoiceCall): void {
    this.#settle(call);
    const { agentId } = agent.account;
    const left = this.of(agentId).filter((other) => other !== call);
    if (left.length > 0) this.#byAgent.set(agentId, left);
    else this.#byAgent.delete(agentId);
    if (left.length > 0) return;
    this.#tell(agent, "AgentOther_PhoneRelease", '{"phoneState":3}');
    if (call.state === "ringing") this.#tell(agent, "AgentState_Ready");
    else this.#states.isFree(agent);
  }

  #tell(agent: Agent, eventType: string, content: string | undefined = undefined): void {
    this.#around.tell(agent.account.agentId, eventType, content);
  }

  #later(call: VoiceCall, ms: number, act: () => void): void {
    this.#timers.set(call, this.#around.agenda.after(ms, act));
  }

  #settle(call: VoiceCall): void {
    this.#timers.get(call)?.();
    this.#timers.delete(call);
  }
}
