/** A call of an agent with somebody outside, or with nobody yet. */
export interface VoiceCall {
  /** `1456402370-7` */
  readonly callId: string;
  /** The other party. */
  readonly number: string;
  readonly incoming: boolean;
  /** `calling`: the other party's phone rings; `ringing`: the agent's does. */
  state: "calling" | "ringing" | "talking" | "held";
  /** Text that travels with the call (pages 1262, 1263). */
  data: string;
}

/** The numbers of the pages: what a call that comes in, or goes out, has as its feature. */
const FEATURE = { in: 0, out: 7 } as const;

/** The content of AgentEvent_Ringing and AgentEvent_Talking (page 1366). */
export function callText({ callId, number, incoming }: VoiceCall, agentId: string): string {
  const [caller, called] = incoming ? [number, agentId] : [agentId, number];
  const feature = incoming ? FEATURE.in : FEATURE.out;
  const rest = { type: "main", feature, mediaAbility: 1, transfer: "", transfrom: "" };
  return JSON.stringify({ caller, called, callid: callId, ...rest });
}

let count = 0;

export function newCallId(): string {
  count += 1;
  return `${Math.floor(Date.now() / 1000)}-${count}`;
}
