/**
 * The conferences of all VDNs and what happens in them. Members who are signed in hear of it by the events of pages
 * 1409 to 1418; nobody else does, which is why an inspector has to ask for the list again and again.
 */
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
}

export interface Conference {
  readonly id: bigint;
  readonly vdnId: number;
  /** confState: 0 normal, 1 announcement playing. */
  state: number;
  /** Epoch ms. */
  readonly startTime: number;
  bookedMinutes: number;
  participants: Participant[];
}

export interface ParticipantSpec {
  readonly kind?: "agent" | "phone";
  readonly address: string;
  readonly chair?: boolean;
  readonly audio?: number;
  readonly state?: number;
  readonly enterTime?: number;
}

export interface ConferenceSpec {
  /** Text for ids past 2^53. Left out: the next free one. */
  readonly id?: bigint | number | string;
  readonly vdnId?: number;
  readonly state?: number;
  readonly startTime?: number;
  readonly bookedMinutes?: number;
  /** The first one is the chair unless another is marked. */
  readonly participants?: readonly ParticipantSpec[];
}

/** changeReason of a participant who leaves (page 1414). */
export const LEAVE_REASONS = { left: 0, removed: 1, "hung-up": 2, over: 3, "signed-out": 4, other: 6 } as const;
export type LeaveReason = keyof typeof LEAVE_REASONS;

const CHANGE = { join: 0, leave: 1, chair: 2, muted: 3, unmuted: 4, hold: 5, unhold: 6 } as const;
const NO_REASON = 255;

/** `content` is JSON text: it holds the conference's id with all its digits. */
export type Tell = (agentId: string, eventType: string, content: string) => void;

export class Conferences {
  readonly #tell: Tell;
  readonly #byId = new Map<bigint, Conference>();
  /** Ids seen in the wild are multiples of 256. */
  #nextId = 2_000_128n;
  /** Counts every change: what is made from a VDN's list can be kept until it moves. */
  version = 0;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  list(vdnId?: number): Conference[] {
    const all = [...this.#byId.values()];
    return vdnId === undefined ? all : all.filter((conference) => conference.vdnId === vdnId);
  }

  get(id: bigint | number | string): Conference | undefined {
    return this.#byId.get(BigInt(id));
  }

  /** The conference that an agent is in. */
  ofAgent(agentId: string): Conference | undefined {
    for (const conference of this.#byId.values()) {
      if (conference.participants.some((one) => one.kind === "agent" && one.address === agentId)) return conference;
    }
    return undefined;
  }

  /** Throws a `TypeError` when the id is taken or none. */
  start(spec: ConferenceSpec): Conference {
    const id = spec.id === undefined ? this.#freeId() : BigInt(spec.id);
    if (id < 0n || id > 2n ** 63n - 1n) throw new TypeError(`${id} is no 64-bit id`);
    if (this.#byId.has(id)) throw new TypeError(`conference ${id} exists`);
    const conference: Conference = {
      id,
      vdnId: spec.vdnId ?? 1,
      state: spec.state ?? 0,
      startTime: spec.startTime ?? Date.now(),
      bookedMinutes: spec.bookedMinutes ?? 60,
      participants: [],
    };
    this.#byId.set(id, conference);
    this.version += 1;
    const someChair = spec.participants?.some((one) => one.chair) ?? false;
    spec.participants?.forEach((one, place) => {
      this.join(id, { ...one, chair: one.chair ?? (!someChair && place === 0) });
    });
    return conference;
  }

  join(id: bigint | number | string, spec: ParticipantSpec): void {
    const conference = this.#known(id);
    const newcomer: Participant = {
      kind: spec.kind ?? "agent",
      address: spec.address,
      chair: spec.chair ?? false,
      audio: spec.audio ?? 3,
      state: spec.state ?? 0,
      enterTime: spec.enterTime ?? Date.now(),
    };
    if (conference.participants.some(({ address }) => address === newcomer.address)) {
      throw new TypeError(`${newcomer.address} is in conference ${id}`);
    }
    conference.participants.push(newcomer);
    this.version += 1;
    if (!newcomer.chair) this.#tellOne(newcomer, "AgentConf_Ringing", conference);
    this.#tellOne(newcomer, "AgentConf_SelfJoinResult", conference);
    if (newcomer.chair) this.#tellOne(newcomer, "AgentConf_RequestSuccess", conference);
    this.#tellOthers(conference, newcomer, CHANGE.join);
  }

  leave(id: bigint | number | string, address: string, reason: LeaveReason = "left"): void {
    const conference = this.#known(id);
    const leaver = this.#participant(conference, address);
    conference.participants = conference.participants.filter((one) => one !== leaver);
    this.version += 1;
    this.#tellLeaver(conference, leaver);
    this.#tellOthers(conference, leaver, CHANGE.leave, LEAVE_REASONS[reason]);
  }

  /** Mutes, holds, or passes the chair on. */
  changeParticipant(
    id: bigint | number | string,
    address: string,
    change: { readonly audio?: number; readonly state?: number; readonly chair?: true },
  ): void {
    const conference = this.#known(id);
    const one = this.#participant(conference, address);
    this.version += 1;
    if (change.audio !== undefined && change.audio !== one.audio) {
      one.audio = change.audio;
      this.#tellOthers(conference, one, one.audio === 3 || one.audio === 2 ? CHANGE.unmuted : CHANGE.muted);
    }
    if (change.state !== undefined && change.state !== one.state) {
      one.state = change.state;
      this.#tellOthers(conference, one, one.state === 1 ? CHANGE.hold : CHANGE.unhold);
    }
    if (change.chair && !one.chair) {
      for (const other of conference.participants) other.chair = other === one;
      this.#tellOne(one, "AgentConf_PresidentChanged", conference);
      this.#tellOthers(conference, one, CHANGE.chair);
    }
  }

  change(id: bigint | number | string, change: { readonly state?: number; readonly bookedMinutes?: number }): void {
    const conference = this.#known(id);
    conference.state = change.state ?? conference.state;
    conference.bookedMinutes = change.bookedMinutes ?? conference.bookedMinutes;
    this.version += 1;
  }

  end(id: bigint | number | string): void {
    const conference = this.#known(id);
    this.#byId.delete(conference.id);
    this.version += 1;
    for (const one of conference.participants) this.#tellLeaver(conference, one);
  }

  clear(): void {
    this.#byId.clear();
    this.version += 1;
  }

  #freeId(): bigint {
    do this.#nextId += 256n;
    while (this.#byId.has(this.#nextId));
    return this.#nextId;
  }

  #known(id: bigint | number | string): Conference {
    const conference = this.#byId.get(BigInt(id));
    if (conference === undefined) throw new RangeError(`no conference ${id}`);
    return conference;
  }

  #participant(conference: Conference, address: string): Participant {
    const one = conference.participants.find((other) => other.address === address);
    if (one === undefined) throw new RangeError(`${address} is not in conference ${conference.id}`);
    return one;
  }

  #tellOne(one: Participant, eventType: string, { id }: Conference): void {
    if (one.kind === "agent") this.#tell(one.address, eventType, `{"confId":${id}}`);
  }

  #tellLeaver(conference: Conference, leaver: Participant): void {
    if (leaver.kind !== "agent") return;
    if (leaver.chair) this.#tell(leaver.address, "AgentMediaEvent_StopRecordDone", "null");
    this.#tell(leaver.address, "AgentOther_PhoneRelease", "null");
    this.#tellOne(leaver, "AgentConf_SelfLeaveResult", conference);
    this.#tell(leaver.address, "AgentState_Ready", "null");
  }

  #tellOthers(conference: Conference, one: Participant, changeType: number, changeReason: number = NO_REASON): void {
    const participantType = one.kind === "agent" ? 9 : 6;
    const content =
      `{"result":0,"changeType":${changeType},"changeReason":${changeReason},"confId":${conference.id},` +
      `"participant":${JSON.stringify(one.address)},"participantType":${participantType},"deviceCallType":0,"deviceType":${deviceType(one)}}`;
    for (const other of conference.participants) {
      if (other !== one && other.kind === "agent") this.#tell(other.address, "AgentConf_ParticipantChanged", content);
    }
  }
}

export function deviceType({ kind }: Participant): number {
  return kind === "agent" ? 6 : 0;
}
