import { z } from "zod";
import type { leaveReasons, participantChanges } from "../../gateway/index.ts";
import { oneOf, timeOf } from "../../http/described-values.ts";
import type { EventDescription } from "../../http/operation.ts";
import { conferenceId, participantKind } from "./described-model.ts";

const receivedAt = timeOf("When this service received it");
const done = z.boolean().meta({ description: "`false`: it was tried, and failed" });

const unknownCode = z.int().meta({ description: "A code that the gateway's reference does not have, as it is" });

const changes: Readonly<Record<(typeof participantChanges)[number], string>> = {
  joined: "takes part from now on",
  left: "is out; `reason` says why",
  chair: "chairs it from now on",
  muted: "is not heard any more",
  unmuted: "is heard again",
  held: "is on hold",
  unheld: "is back from hold",
};

const reasons: Readonly<Record<(typeof leaveReasons)[number], string>> = {
  left: "left by itself",
  removed: "was removed by the chair",
  "hung-up": "hung up",
  "conference-over": "the conference is over",
  "signed-out": "signed out",
  "forced-out": "was signed out by force",
};

const momentSchema = z.object({ at: receivedAt, id: conferenceId }).meta({ id: "ConferenceMoment" });
const endedSchema = z
  .object({ at: receivedAt, done: z.boolean().meta({ description: "`false`: it could not be played" }) })
  .meta({ id: "AnnouncementEnded" });

const AT = "2026-09-21T14:13:21.000Z";
const ID = "1030400";

/** One of those that say no more than which conference they are about. */
const moment = (description: string): EventDescription => ({
  description,
  schema: momentSchema,
  example: { at: AT, id: ID },
});

const ended = (description: string): EventDescription => ({
  description,
  schema: endedSchema,
  example: { at: AT, done: true },
});

/** The gateway's events about the agent's own conference, by what they mean; each comes before its `gateway-event`. */
export const conferenceEventKinds: Readonly<Record<string, EventDescription>> = {
  "conference-applied": moment("The application has succeeded: the agent is in, as the chair."),
  "conference-refused": {
    description: "The application has failed.",
    schema: z.object({
      at: receivedAt,
      cause: z.int().nullable().meta({ description: "The platform's own number, which no table explains" }),
    }),
    example: { at: AT, cause: 21234 },
  },
  "conference-joined": moment("The agent has joined. Its own application may still be refused."),
  "conference-reminder": moment("The conference's time is over soon."),
  "conference-ringing": moment("The agent is called into a conference: `POST /conference/answer` or `/reject`."),
  "participant-changed": {
    description: "Something about a participant of the conference that the agent is in.",
    schema: z.object({
      at: receivedAt,
      id: conferenceId,
      kind: participantKind,
      address: z.string().meta({ description: "The agent's number or the phone number" }),
      change: z.union([oneOf(changes), unknownCode]).meta({ description: "What has changed" }),
      reason: z
        .union([oneOf(reasons), unknownCode])
        .nullable()
        .meta({ description: "Of one who left: why" }),
      done,
    }),
    example: { at: AT, id: ID, kind: "phone", address: "70005", change: "left", reason: "hung-up", done: true },
  },
  "conference-left": moment("The agent is out of the conference."),
  "chair-received": moment("The agent chairs the conference from now on."),
  "announcement-ended": ended("The announcement to everybody has ended."),
  "participant-announcement-ended": ended("The announcement to one participant has ended."),
};
