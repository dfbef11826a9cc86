/** One who is in a conference. */
export interface Participant {
  readonly kind: "agent" | "phone";
  /** Agent id or phone number. */
  readonly address: string;
  chair: boolean;
  /** channelAttrib: 1 listen only, 2 speak only, 3 both, 4 neither. */
  audio: number;
  /** channelState: 0 normal, 1 held, 2 announcement. */
  state: number;
  /** Epoch ms. */
  readonly enterTime: number;
  /** Page 0583. */
  readonly deviceCallType: number;
  readonly deviceType: number;
}

/** One who is called into a conference and no member yet. */
export interface Invited {
  readonly kind: "agent" | "phone";
  readonly address: string;
  /** An agent who has answered and is not in yet. */
  answered: boolean;
  readonly deviceCallType: number;
  readonly deviceType: number;
}

export interface Conference {
  readonly id: bigint;
  readonly vdnId: number;
  /** confState: 0 normal, 1 announcement playing. */
  state: number;
  /** Epoch ms. */
  readonly startTime: number;
  bookedMinutes: number;
  /** memberNum: how many may be in it, those who ring included. */
  seats: number;
  participants: Participant[];
  invited: Invited[];
  /** When it came to be here: a reading of `performance.now()`. */
  readonly openedAt: number;
}

export interface ParticipantSpec {
  readonly kind?: "agent" | "phone";
  readonly address: string;
  readonly chair?: boolean;
  readonly audio?: number;
  readonly state?: number;
  readonly enterTime?: number;
  readonly deviceCallType?: number;
  readonly deviceType?: number;
}

export interface ConferenceSpec {
  /** Text for ids past 2^53. Left out: the next free one. */
  readonly id?: bigint | number | string;
  readonly vdnId?: number;
  readonly state?: number;
  readonly startTime?: number;
  readonly bookedMinutes?: number;
  readonly seats?: number;
  /** The first one is the chair unless another is marked. */
  readonly participants?: readonly ParticipantSpec[];
}

export type ConferenceId = bigint | number | string;

/** The page's bounds. */
export const MOST_SEATS = 120;
export const MOST_MINUTES = 1440;

/** changeReason of a participant who leaves (page 1414). */
export const LEAVE_REASONS = { left: 0, removed: 1, "hung-up": 2, over: 3, "signed-out": 4, other: 6 } as const;
export type LeaveReason = keyof typeof LEAVE_REASONS;

/** What an agent has to do with a conference, as its own control calls see it. */
export type Place = "none" | "applying" | "invited" | "member" | "chair";

export function participantOf(spec: ParticipantSpec): Participant {
  const kind = spec.kind ?? "agent";
  return {
    kind,
    address: spec.address,
    chair: spec.chair ?? false,
    audio: spec.audio ?? 3,
    state: spec.state ?? 0,
    enterTime: spec.enterTime ?? Date.now(),
    deviceCallType: spec.deviceCallType ?? 0,
    // 6 is an agent's; 0 is unknown.
    deviceType: spec.deviceType || (kind === "agent" ? 6 : 0),
  };
}

/** `addressType` of the interfaces, `participantType` of the events. */
export const typeOf = ({ kind }: { readonly kind: "agent" | "phone" }): number => (kind === "agent" ? 9 : 6);
