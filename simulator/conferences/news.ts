import { type Conference, LEAVE_REASONS, type LeaveReason, type Participant, typeOf } from "./conference.ts";

/** changeType of AgentConf_ParticipantChanged (page 1414). */
const CHANGE = { join: 0, leave: 1, chair: 2, muted: 3, unmuted: 4, hold: 5, unhold: 6 } as const;
type Change = keyof typeof CHANGE;

/** changeReason where nobody leaves. */
const NO_REASON = 255;

/** phoneState of AgentOther_PhoneRelease (page 1396): who hung up. */
const BY_PLATFORM = '{"phoneState":3}';
const BY_AGENT = '{"phoneState":2}';

interface Newsroom {
  /** Nothing for who is not signed in. `content` is JSON text: it holds the conference's id with all its digits. */
  readonly tell: (agentId: string, eventType: string, content?: string) => void;
  readonly takesPhone: (agentId: string) => void;
  readonly isFree: (agentId: string) => void;
}

type Who = Pick<Participant, "kind" | "address" | "deviceCallType" | "deviceType">;

/** What members hear, by the events of pages 1409 to 1418, in the order of the interfaces' pages. */
export class News {
  readonly #room: Newsroom;

  constructor(room: Newsroom) {
    this.#room = room;
  }

  /** An event that names the conference alone. */
  own({ kind, address }: Pick<Who, "kind" | "address">, eventType: string, { id }: Pick<Conference, "id">): void {
    if (kind === "agent") this.#room.tell(address, eventType, `{"confId":${id}}`);
  }

  /** The chair is told how an announcement ended. */
  announcementEnded(conference: Conference, eventType: string, well: boolean): void {
    const chair = conference.participants.find((one) => one.chair);
    if (chair?.kind === "agent") this.#room.tell(chair.address, eventType, `{"result":${well ? 0 : 1}}`);
  }

  takesPhone({ kind, address }: Pick<Who, "kind" | "address">): void {
    if (kind === "agent") this.#room.takesPhone(address);
  }

  /** The newcomer hears of it by an event of its own. */
  joined(conference: Conference, newcomer: Participant): void {
    this.#members(conference, newcomer, "join", { but: newcomer.address });
  }

  /** An invitation that came to nothing: no page says how that is told. */
  notJoined(conference: Conference, who: Who): void {
    this.#members(conference, who, "join", { result: 1, but: who.address });
  }

  /** Everybody hears of it, whom it is about too. */
  changed(conference: Conference, one: Participant, change: Change): void {
    this.#members(conference, one, change);
    if (change === "chair") this.own(one, "AgentConf_PresidentChanged", conference);
  }

  /** When the leaver is out: those who are still in hear why, the leaver that it is. */
  left(conference: Conference, leaver: Participant, reason: LeaveReason): void {
    this.#leaves(conference, leaver, reason);
    this.#members(conference, leaver, "leave", { reason });
  }

  /** Nobody is in any more; `members` were. Each hears that the chair has gone, the chair that it is out itself. */
  ended(conference: Conference, members: readonly Participant[]): void {
    const chair = members.find((one) => one.chair) ?? members[0];
    for (const one of members) {
      const content = chair === undefined || chair === one ? null : changeText(conference, chair, "leave", 0, "over");
      if (content !== null && one.kind === "agent") {
        this.#room.tell(one.address, "AgentConf_ParticipantChanged", content);
      }
      this.#leaves(conference, one, "over");
    }
    for (const one of conference.invited) this.ringsNoMore(one);
  }

  /** An invited agent whose phone falls silent. One who rings was idle, and is. */
  ringsNoMore({ kind, address }: Pick<Who, "kind" | "address">): void {
    if (kind !== "agent") return;
    this.#room.tell(address, "AgentOther_PhoneRelease", BY_PLATFORM);
    this.#room.tell(address, "AgentState_Ready");
  }

  #leaves(conference: Conference, leaver: Participant, reason: LeaveReason): void {
    if (leaver.kind !== "agent") return;
    const { address } = leaver;
    const left = () => this.own(leaver, "AgentConf_SelfLeaveResult", conference);
    if (reason === "removed") left();
    else if (reason !== "hung-up") this.#room.tell(address, "AgentMediaEvent_StopRecordDone");
    this.#room.tell(address, "AgentOther_PhoneRelease", reason === "hung-up" ? BY_AGENT : BY_PLATFORM);
    if (reason !== "removed") left();
    this.#room.isFree(address);
  }

  #members(
    conference: Conference,
    who: Who,
    change: Change,
    { result = 0, reason, but }: { result?: number; reason?: LeaveReason; but?: string } = {},
  ): void {
    const content = changeText(conference, who, change, result, reason);
    for (const { kind, address } of conference.participants) {
      if (kind === "agent" && address !== but) this.#room.tell(address, "AgentConf_ParticipantChanged", content);
    }
  }
}

function changeText({ id }: Conference, who: Who, change: Change, result: number, reason?: LeaveReason): string {
  const changeReason = reason === undefined ? NO_REASON : LEAVE_REASONS[reason];
  return (
    `{"result":${result},"changeType":${CHANGE[change]},"changeReason":${changeReason},"confId":${id},` +
    `"participant":${JSON.stringify(who.address)},"participantType":${typeOf(who)},` +
    `"deviceCallType":${who.deviceCallType},"deviceType":${who.deviceType}}`
  );
}
