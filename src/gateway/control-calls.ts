import { z } from "zod";
import { Problem } from "../problems.ts";
import { addressTypes, kindOf } from "./address-types.ts";
import { type Envelope, integerField, isNothing } from "./answer.ts";
import type { Calls, Credential } from "./call.ts";
import type { Address, Application, ConferenceControl, Invitation } from "./conference-control.ts";
import { badResponse } from "./fault.ts";
import type { Caller, CallOptions, Participant } from "./gateway.ts";

/** Page 1283: the only way in which an announcement is played, from a file. */
const FROM_FILE = 2;

/** Page 1294. */
const attributes: Readonly<Record<Participant["audio"], number>> = { listen: 1, speak: 2, both: 3, none: 4 };

/**
 * The control calls of the family `agentconf` (pages 1283 to 1299), each sent once: what it was refused with or how it
 * failed says whether it may have been carried out.
 */
export function conferenceControl(calls: Calls, credentialOf: (caller: Caller) => Credential): ConferenceControl {
  function control<Answer>(
    name: string,
    caller: Caller,
    body: Readonly<Record<string, unknown>> | null,
    options: CallOptions,
    parse: (envelope: Envelope) => Answer,
  ): Promise<Answer> {
    const path = `/agentconf/${caller.agentId}/${name}`;
    const question = { operation: "conference-control", method: "POST", path, parse } as const;
    const credential = credentialOf(caller);
    return calls.change(body === null ? question : { ...question, body: JSON.stringify(body) }, credential, options);
  }

  return {
    applyForConference: (caller, application, options) =>
      control("requestagentconf", caller, applicationBody(application), options, taken),
    answerInvitation: (caller, options) => control("answeragentconf", caller, null, options, taken),
    rejectInvitation: (caller, options) => control("rejectagentconf", caller, null, options, taken),
    leaveConference: (caller, options) => control("requestleaveagentconf", caller, null, options, taken),
    endConference: (caller, options) => control("releaseagentconf", caller, null, options, taken),
    inviteParticipants: (caller, invitation, options) =>
      control("batchaddparticipant", caller, invitationBody(invitation), options, taken),
    removeParticipants: (caller, participants, options) =>
      control("batchremoveparticipant", caller, { addresses: participants.map(addressBody) }, options, notMembers),
    holdParticipant: (caller, participant, announcement, options) =>
      control("holdparticipant", caller, { ...addressBody(participant), ...fileBody(announcement) }, options, taken),
    unholdParticipant: (caller, participant, options) =>
      control("unholdparticipant", caller, addressBody(participant), options, taken),
    setAudio: (caller, participant, audio, options) => {
      const body = { attribute: attributes[audio], ...addressBody(participant) };
      return control("changeparticipantmode", caller, body, options, taken);
    },
    handOverChair: (caller, to, options) =>
      control("applytoshiftpresident", caller, { destAgentNo: Number(to) }, options, taken),
    addTime: (caller, minutes, options) =>
      control("prolongtime", caller, { prolongTime: minutes }, options, minutesAdded),
    changeSeats: (caller, more, options) => {
      const body = { modifyType: more > 0 ? 0 : 1, modifyNum: Math.abs(more) };
      return control("modifyconfresource", caller, body, options, taken);
    },
    playToConference: (caller, { file, background }, options) =>
      control("playvoicetoconf", caller, { playType: background ? 1 : 0, ...fileBody(file) }, options, played),
    stopPlayingToConference: (caller, options) => control("stopvoicetoconf", caller, null, options, played),
    playToParticipant: (caller, participant, file, options) =>
      control("playvoicetoparticipant", caller, { ...addressBody(participant), ...fileBody(file) }, options, played),
    stopPlayingToParticipant: (caller, participant, options) =>
      control("stopvoicetoparticipant", caller, addressBody(participant), options, played),
  };
}

const addressBody = ({ kind, address }: Address) => ({ addressType: addressTypes[kind], address });

const fileBody = (file: string) => ({ playMode: FROM_FILE, voicePath: file });

/** Table 3.2. The announcement is the tone at joining and leaving. */
function applicationBody({ seats, minutes, remindMinutes, callerNumber, announcement }: Application) {
  return {
    memberNum: seats,
    ...(callerNumber !== undefined && { confCallerNo: callerNumber }),
    ...(minutes !== undefined && { time: minutes }),
    ...(remindMinutes !== undefined && { promptTime: remindMinutes }),
    ...(announcement !== undefined && { beepTone: true, ...fileBody(announcement) }),
  };
}

function invitationBody({ participants, callerNumber }: Invitation) {
  return { addresses: participants.map(addressBody), ...(callerNumber !== undefined && { caller: callerNumber }) };
}

/** The platform has taken the request; an event tells what became of it. What else the answer holds is nobody's business. */
const taken = (): void => undefined;

/** Numbers in the events, strings in the queries (4.2): either is taken. */
const numberOrText = z.union([z.string(), z.int()]).transform(String);
const member = z.object({ addressType: numberOrText, address: numberOrText });

/** Those who were no members (1293). When all were, it is an empty list, an empty object or nothing. */
function notMembers({ result }: Envelope): Address[] {
  const list = isNothing(result) ? undefined : (result as { noExistParticipants?: unknown }).noExistParticipants;
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry) => {
    const parsed = member.safeParse(entry);
    const kind = parsed.success ? kindOf(parsed.data.addressType) : undefined;
    return parsed.success && kind !== undefined ? [{ kind, address: parsed.data.address }] : [];
  });
}

const prolonged = z.object({ applyedTime: integerField.pipe(z.int().min(0).max(1440)) });

/** Spelled so (1290). Less than asked for when the conference would last longer than a day. */
function minutesAdded({ result }: Envelope): number {
  const parsed = prolonged.safeParse(result);
  if (!parsed.success) throw badResponse("APPLYED_TIME");
  return parsed.data.applyedTime;
}

const failed = z.object({ errorReason: integerField });

/** Nothing, and on failure the platform's own reason, whatever the retcode (1296, 1297). */
function played({ result }: Envelope): void {
  const { success, data } = failed.safeParse(result);
  if (success && data.errorReason !== 0) {
    throw new Problem("operation-refused", {
      detail: "The platform could not play or stop the announcement. Nothing was done.",
      members: { outcome: "not-done", cause: data.errorReason },
    });
  }
}
