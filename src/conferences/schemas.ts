import { z } from "zod";
import { CONFERENCE_ID } from "../gateway/index.ts";
import { oneOf, timeOf } from "../http/described-values.ts";
import { conferenceId, participantKind } from "../sessions/api/index.ts";

export const participantSchema = z
  .object({
    kind: participantKind,
    address: z.string().meta({ description: "The agent's number or the phone number", examples: ["1201", "70005"] }),
    role: oneOf({
      chair: "leads the conference: invites, mutes, holds, ends it",
      participant: "takes part in it",
    }),
    audio: oneOf(
      {
        listen: "hears, and is not heard: muted",
        speak: "is heard, and hears nothing",
        both: "hears and is heard",
        none: "neither hears nor is heard",
      },
      "What of the conversation reaches whom",
    ),
    state: oneOf({
      connected: "takes part",
      held: "is on hold, and hears music instead of the conference",
      announcement: "a voice file is played to this one alone",
    }),
    joinedAt: timeOf("When it joined"),
  })
  .meta({ id: "Participant" });

export const conferenceSchema = z
  .object({
    id: conferenceId,
    state: oneOf({ normal: "people talk", announcement: "a voice file is played to everybody" }),
    startedAt: timeOf("When it began"),
    bookedMinutes: z.int().min(0).meta({ description: "How long it was booked for; it goes on past that" }),
    elapsedMinutes: z.int().min(0).meta({ description: "How long it has lasted, by the gateway" }),
    participants: z.array(participantSchema),
  })
  .meta({ id: "Conference" });

export const conferenceListSchema = z
  .object({
    conferences: z
      .array(z.union([conferenceSchema, z.object({ id: conferenceId })]))
      .meta({ description: "In the gateway's order; the ids alone unless details were asked for" }),
  })
  .meta({ id: "ConferenceList" });

/** `?expand=details`, once or not at all. */
export const expandQuery = z.object({
  expand: z
    .literal("details", { error: "must be `details`, given once" })
    .optional()
    .meta({ description: "`details`: each conference with its details. Left out: ids alone" }),
});

export const conferencePath = z.object({
  id: z
    .string()
    .regex(CONFERENCE_ID, { error: "must be 1 to 19 digits" })
    .meta({ description: "As in the list", examples: ["355840"] }),
});

/** For the OpenAPI document. */
export const conferenceExample = {
  id: "1029888",
  state: "normal",
  startedAt: "2026-09-21T14:13:20.000Z",
  bookedMinutes: 60,
  elapsedMinutes: 29,
  participants: [
    {
      kind: "agent",
      address: "1201",
      role: "chair",
      audio: "both",
      state: "connected",
      joinedAt: "2026-09-21T14:13:20.000Z",
    },
  ],
};
