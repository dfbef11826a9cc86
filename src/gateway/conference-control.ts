import type { Caller, CallOptions, Participant } from "./gateway.ts";
import type { AgentId } from "./identifiers.ts";

/** A participant by its address: an agent's id, or a phone number. */
export interface Address {
  readonly kind: "agent" | "phone";
  /** Up to 24 characters. */
  readonly address: string;
}

/** What an application for a conference may say (page 1283). */
export interface Application {
  /** 1 to 120. */
  readonly seats: number;
  /** 4 to 1440; the gateway takes 60. */
  readonly minutes?: number | undefined;
  /** 3 to 1440; the gateway takes 3. How long before the end it reminds the chair. */
  readonly remindMinutes?: number | undefined;
  /** What the invited see; the tenant's own number without it. */
  readonly callerNumber?: string | undefined;
  /** A file of the platform, played when somebody joins or leaves; without it there is no tone. */
  readonly announcement?: string | undefined;
}

export interface Invitation {
  /** 1 to 120. */
  readonly participants: readonly Address[];
  readonly callerNumber?: string | undefined;
}

/**
 * What the agent may do with the conference that it is in. No call names one: the gateway takes it from the agent, who
 * is in one at most. Each is sent once, and a problem's `outcome` says whether it may have been carried out. A success
 * means that the platform has taken the request: what became of it comes as an event (1409 to 1418).
 */
export interface ConferenceControl {
  /** `requestagentconf` (1283). */
  applyForConference(caller: Caller, application: Application, options: CallOptions): Promise<void>;
  /** `answeragentconf` (1284). */
  answerInvitation(caller: Caller, options: CallOptions): Promise<void>;
  /** `rejectagentconf` (1285). */
  rejectInvitation(caller: Caller, options: CallOptions): Promise<void>;
  /** `requestleaveagentconf` (1286): for whoever is not the chair. */
  leaveConference(caller: Caller, options: CallOptions): Promise<void>;
  /** `releaseagentconf` (1287): for the chair, and for everybody in it. */
  endConference(caller: Caller, options: CallOptions): Promise<void>;
  /** `batchaddparticipant` (1292). */
  inviteParticipants(caller: Caller, invitation: Invitation, options: CallOptions): Promise<void>;
  /** `batchremoveparticipant` (1293), 30 at most. Answers with those who were not in it. */
  removeParticipants(caller: Caller, participants: readonly Address[], options: CallOptions): Promise<Address[]>;
  /** `holdparticipant` (1288). The announcement, a file of the platform, is what the held one hears. */
  holdParticipant(caller: Caller, participant: Address, announcement: string, options: CallOptions): Promise<void>;
  /** `unholdparticipant` (1289). */
  unholdParticipant(caller: Caller, participant: Address, options: CallOptions): Promise<void>;
  /** `changeparticipantmode` (1294). */
  setAudio(caller: Caller, participant: Address, audio: Participant["audio"], options: CallOptions): Promise<void>;
  /** `applytoshiftpresident` (1291). */
  handOverChair(caller: Caller, to: AgentId, options: CallOptions): Promise<void>;
  /** `prolongtime` (1290), 1 to 1440 minutes. Answers with what was really added. */
  addTime(caller: Caller, minutes: number, options: CallOptions): Promise<number>;
  /** `modifyconfresource` (1299): 2 to 118 more, or as many fewer by a negative number. */
  changeSeats(caller: Caller, more: number, options: CallOptions): Promise<void>;
  /** `playvoicetoconf` (1295). */
  playToConference(
    caller: Caller,
    announcement: { readonly file: string; readonly background: boolean },
    options: CallOptions,
  ): Promise<void>;
  /** `stopvoicetoconf` (1296). */
  stopPlayingToConference(caller: Caller, options: CallOptions): Promise<void>;
  /** `playvoicetoparticipant` (1297). */
  playToParticipant(caller: Caller, participant: Address, file: string, options: CallOptions): Promise<void>;
  /** `stopvoicetoparticipant` (1298). */
  stopPlayingToParticipant(caller: Caller, participant: Address, options: CallOptions): Promise<void>;
}
