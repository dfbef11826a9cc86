import { z } from "zod";
import { parseAgentId } from "../../gateway/index.ts";
import { conferenceId, conferenceSchema, participantSchema } from "../schemas.ts";

// Bounds of the reference, pages 1283 to 1299.

/** The platform's own path, `y:/conf/120/1136287.V3`; nobody lists the files. */
const file = z
  .string()
  .min(1)
  .max(127)
  .refine((path) => !/\p{Cc}/u.test(path) && path.isWellFormed(), {
    error: "must not contain control characters or half characters",
  })
  .meta({ description: "A voice file of the platform, by its path there", examples: ["y:/conf/120/1136287.V3"] });

const dialled = z.string().regex(/^[0-9*#+]{1,24}$/, { error: "must be 1 to 24 digits, *, # or +", abort: true });
const callerNumber = dialled.optional().meta({
  description: "What those who are called see; the platform's own without it",
  examples: ["02151"],
});

const minutes = (lowest: number) => z.int().min(lowest).max(1440);

export const applicationBody = z
  .strictObject({
    seats: z.int().min(1).max(120).meta({ description: "For how many participants" }),
    minutes: minutes(4).optional().meta({ description: "How long it is to last; the platform takes 60" }),
    remindMinutes: minutes(3).optional().meta({
      description: "How long before the end the chair is reminded; the platform takes 3",
    }),
    callerNumber,
    announcement: file.optional().meta({ description: "Played when somebody joins or leaves; nothing without it" }),
  })
  .meta({ id: "ConferenceApplication" });

const agentId = (highest: number) =>
  z.string().transform((text, context) => {
    const parsed = parseAgentId(text, highest);
    if (parsed !== null) return parsed;
    context.addIssue({ code: "custom", message: `must be an agent id, 101 to ${highest}` });
    return z.NEVER;
  });

/** At least, and at most, one of them. */
const one = (names: string) => `must have exactly one of ${names}`;
const exactlyOne = (body: object): boolean => Object.values(body).filter((value) => value !== undefined).length === 1;

export const changeBody = (highestAgentId: number) =>
  z
    .strictObject({
      addMinutes: minutes(1).optional(),
      addSeats: z
        .int()
        .refine((more) => Math.abs(more) >= 2 && Math.abs(more) <= 118, { error: "must be 2 to 118, or -2 to -118" })
        .optional()
        .meta({ description: "2 to 118; negative: fewer" }),
      chair: agentId(highestAgentId).optional().meta({ description: "The agent who is to chair it: in it by now" }),
    })
    .refine(exactlyOne, { error: one("addMinutes, addSeats, chair") })
    .meta({ id: "ConferenceChange", description: "Exactly one of them" });

export const changedSchema = z
  .union([
    z.object({ addedMinutes: z.int().meta({ description: "What was really added" }) }),
    z.object({ addedSeats: z.int() }),
    z.object({ chair: z.string() }),
  ])
  .meta({ id: "ConferenceChanged" });

const kind = z.enum(["agent", "phone"]);

function addressed<Given extends { readonly kind: "agent" | "phone"; readonly address: string }>(highest: number) {
  return ({ kind: given, address }: Given, context: z.core.$RefinementCtx): void => {
    if (given !== "agent" || parseAgentId(address, highest) !== null) return;
    context.addIssue({ code: "custom", path: ["address"], message: `must be an agent id, 101 to ${highest}` });
  };
}

const address = dialled.meta({ description: "The agent's number or the phone number", examples: ["1202"] });

export const participantPath = (highestAgentId: number) =>
  z.object({ kind, address }).superRefine(addressed(highestAgentId));

export const invitationBody = (highestAgentId: number) =>
  z
    .strictObject({
      participants: z
        .array(z.strictObject({ kind, address }).superRefine(addressed(highestAgentId)))
        .min(1)
        .max(120),
      callerNumber,
    })
    .meta({ id: "ConferenceInvitation" });

export const invitedSchema = z
  .object({
    participants: z.array(
      z.object({
        kind,
        address: z.string(),
        state: participantSchema.shape.state.optional().meta({
          description: "Of one who is in by now. Of the others the events tell: `participant-changed`, or nothing",
        }),
      }),
    ),
  })
  .meta({ id: "Invited" });

export const participantChangeBody = z
  .strictObject({
    audio: participantSchema.shape.audio.optional(),
    held: z.boolean().optional(),
    announcement: file.optional().meta({
      description: "With `held: true`: what is heard meanwhile; a file of the site's own choice without it",
    }),
  })
  .refine(({ audio, held }) => exactlyOne({ audio, held }), { error: one("audio, held") })
  .refine(({ held, announcement }) => announcement === undefined || held === true, {
    path: ["announcement"],
    error: "goes with `held: true` alone",
  })
  .meta({ id: "ParticipantChange", description: "Either `audio` or `held`" });

export const announcementBody = z
  .strictObject({
    file,
    background: z.boolean().default(false).meta({ description: "Played behind what is spoken" }),
  })
  .meta({ id: "Announcement" });

/** To one alone there is no playing in the background. */
export const participantAnnouncementBody = z
  .strictObject({
    file,
    background: z.literal(false, { error: "must be false: one alone hears it in front" }).optional(),
  })
  .meta({ id: "ParticipantAnnouncement" });

export const joinedSchema = conferenceSchema
  .extend({ own: z.object({ role: z.enum(["chair", "participant"]), state: z.literal("joined") }) })
  .meta({ id: "JoinedConference" });

export const ownConferenceSchema = z
  .union([
    joinedSchema,
    z.object({ id: conferenceId, own: z.object({ state: z.literal("invited") }) }),
    z.object({ id: z.null(), own: z.object({ state: z.literal("requested") }) }),
  ])
  .meta({ id: "OwnConference" });

const taken = <State extends "requested" | "answering">(state: State, description: string) =>
  z.object({ state: z.literal(state).meta({ description }) });

export const requestedSchema = taken("requested", "It was taken; an event on the stream tells what becomes of it");
export const answeringSchema = taken("answering", "It was taken; an event on the stream tells when the agent is in");
