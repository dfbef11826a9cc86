import { z } from "zod";
import { kindOf } from "./address-types.ts";
import { integerField } from "./answer.ts";
import { conferenceId } from "./conference-ids.ts";
import type { GatewayEvent, Participant } from "./gateway.ts";
import type { ConferenceId } from "./identifiers.ts";

/** What can change with a participant, in the order of the gateway's codes from 0 on (page 1414). */
export const participantChanges = ["joined", "left", "chair", "muted", "unmuted", "held", "unheld"] as const;

/** Why one left, by the gateway's codes: there is no 5. */
export const leaveReasons = ["left", "removed", "hung-up", "conference-over", "signed-out", "forced-out"] as const;

/** The events that say no more than which conference they are about. */
const conferenceMoments = [
  "conference-applied",
  "conference-joined",
  "conference-reminder",
  "conference-ringing",
  "conference-left",
  "chair-received",
] as const;

/** The ten events of the conference family (pages 1409 to 1418), as the agent is told of its own conference. */
export type ConferenceEvent =
  | { readonly type: (typeof conferenceMoments)[number]; readonly id: ConferenceId }
  /** `cause` is the platform's own number, which no table explains; `null` where it gave none. */
  | { readonly type: "conference-refused"; readonly cause: number | null }
  | {
      readonly type: "participant-changed";
      readonly id: ConferenceId;
      readonly kind: Participant["kind"];
      readonly address: string;
      /** A code that the reference does not have passes as its number. */
      readonly change: (typeof participantChanges)[number] | number;
      /** Of one who left; of another change `null`. */
      readonly reason: (typeof leaveReasons)[number] | number | null;
      /** Whether it came to be; `false`: it was tried and failed. */
      readonly done: boolean;
    }
  /** `done` is `false` where it could not be played. */
  | { readonly type: "announcement-ended" | "participant-announcement-ended"; readonly done: boolean };

const LEFT = 1;
const [left, removed, hungUp, over, signedOut, forcedOut] = leaveReasons;
const reasons = [left, removed, hungUp, over, signedOut, undefined, forcedOut];

const id = z.unknown().transform((value, context) => {
  try {
    return conferenceId(value);
  } catch {
    context.addIssue({ code: "custom", message: "no conference id" });
    return z.NEVER;
  }
});

const ofConference = z.object({ confId: id });
const refused = z.object({ cause: integerField });
const ended = z.object({ result: integerField });
const changed = z.object({
  confId: id,
  result: integerField.catch(0),
  changeType: integerField,
  changeReason: integerField.nullish(),
  participant: z.union([z.string().max(256), z.int().transform(String)]),
  participantType: integerField,
});

/** One reader for each event of the family, by the gateway's name for it. */
const readers: Readonly<Record<string, (content: unknown) => ConferenceEvent | null>> = {
  AgentConf_RequestSuccess: inConference("conference-applied"),
  AgentConf_RequestFailed: (content) => {
    const { success, data } = refused.safeParse(content);
    return { type: "conference-refused", cause: success ? data.cause : null };
  },
  AgentConf_SelfJoinResult: inConference("conference-joined"),
  AgentConf_Timeout: inConference("conference-reminder"),
  AgentConf_Ringing: inConference("conference-ringing"),
  AgentConf_ParticipantChanged: participantChanged,
  AgentConf_SelfLeaveResult: inConference("conference-left"),
  AgentConf_PresidentChanged: inConference("chair-received"),
  AgentConf_StopVoice: announcementEnded("announcement-ended"),
  AgentConf_StopParticipantVoice: announcementEnded("participant-announcement-ended"),
};

/**
 * An event of the conference family as what it means; `null` for any other, and for one whose content is not the
 * documented one: such an event passes as the gateway sent it, and says nothing about the agent's conference.
 */
export function conferenceEvent({ type, content }: GatewayEvent): ConferenceEvent | null {
  return Object.hasOwn(readers, type) ? (readers[type]?.(content) ?? null) : null;
}

function inConference(type: (typeof conferenceMoments)[number]): (content: unknown) => ConferenceEvent | null {
  return (content) => {
    const { success, data } = ofConference.safeParse(content);
    return success ? { type, id: data.confId } : null;
  };
}

function announcementEnded(type: "announcement-ended" | "participant-announcement-ended") {
  return (content: unknown): ConferenceEvent | null => {
    const { success, data } = ended.safeParse(content);
    return success ? { type, done: data.result === 0 } : null;
  };
}

function participantChanged(content: unknown): ConferenceEvent | null {
  const { success, data } = changed.safeParse(content);
  if (!success) return null;
  const { changeType, changeReason, participantType } = data;
  return {
    type: "participant-changed",
    id: data.confId,
    kind: kindOf(String(participantType)) ?? "unknown",
    address: data.participant,
    change: participantChanges[changeType] ?? changeType,
    reason: changeType !== LEFT || changeReason == null ? null : (reasons[changeReason] ?? changeReason),
    done: data.result === 0,
  };
}
