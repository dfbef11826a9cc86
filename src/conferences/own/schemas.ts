import { z } from "zod";
import { oneOf } from "../../http/described-values.ts";
import { plainText } from "../../http/plain-text.ts";
import { agentId, conferenceId, shownAgentId } from "../../sessions/api/index.ts";
import { conferenceSchema, participantSchema } from "../schemas.ts";

// Bounds of the reference, pages 1283 to 1299.

/** The platform's own path, `y:/conf/120/1136287.V3`; nobody lists the files. */
const file = plainText({ min: 1, max: 127 }).meta({
  description: "A voice file of the platform, by its path there",
  examples: ["y:/conf/120/1136287.V3"],
});

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

/** What needs nothing said takes nothing else. */
export const noBody = z.strictObject({}).prefault({});

/** At least, and at most, one of them. */
const one = (names: string) => `must have exactly one of ${names}`;
const exactlyOne = (body: object): boolean => Object.values(body).filter((value) => value !== undefined).length === 1;

export const changeBody = (highestAgentId: number) =>
  z
    .strictObject({
      addMinutes: minutes(1).optional().meta({ description: "How much longer it is to last" }),
      addSeats: z
        .union([z.int().min(2).max(118), z.int().min(-118).max(-2)], { error: "must be 2 to 118, or -2 to -118" })
        .optional()
        .meta({ description: "2 to 118; negative: fewer" }),
      chair: agentId(highestAgentId).optional().meta({ description: "The agent who is to chair it: in it by now" }),
    })
    .refine(exactlyOne, { error: one("addMinutes, addSeats, chair") })
    .meta({ id: "ConferenceChange", description: "Exactly one of them", minProperties: 1, maxProperties: 1 });

export const changedSchema = z
  .union([
    z.object({ addedMinutes: z.int().meta({ description: "What was really added" }) }),
    z.object({ addedSeats: z.int().meta({ description: "How many seats were really added; negative: taken away" }) }),
    z.object({ chair: shownAgentId }),
  ])
  .meta({ id: "ConferenceChanged" });

const kind = oneOf({ agent: "an agent of the contact centre", phone: "somebody at a phone" });
const address = dialled.meta({ description: "The agent's number or the phone number", examples: ["1202"] });

/** An agent is addressed by its number, which is no telephone number. */
const addressed = (highest: number) =>
  z.discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("agent").meta({ description: "`agent`: an agent of the contact centre" }),
      address: agentId(highest),
    }),
    z.strictObject({ kind: z.literal("phone").meta({ description: "`phone`: somebody at a phone" }), address }),
  ]);

export const participantPath = (highestAgentId: number) =>
  z.object({ kind, address }).superRefine(({ kind: given, address: where }, context) => {
    const agent = agentId(highestAgentId).safeParse(where);
    if (given !== "agent" || agent.success) return;
    for (const { message } of agent.error.issues) context.addIssue({ code: "custom", path: ["address"], message });
  });

export const invitationBody = (highestAgentId: number) =>
  z
    .strictObject({
      participants: z.array(addressed(highestAgentId)).min(1).max(120).meta({ description: "Whom to call" }),
      callerNumber,
    })
    .meta({ id: "ConferenceInvitation" });

export const invitedSchema = z
  .object({
    participants: z
      .array(
        z.object({
          kind,
          address,
          state: participantSchema.shape.state.optional(),
        }),
      )
      .meta({ description: "Each of those who are called" }),
  })
  .meta({
    id: "Invited",
    description:
      "`state` is there of those who are in by now. Of the others the events tell: `participant-changed`, or nothing",
  });

export const participantChangeBody = z
  .strictObject({
    audio: participantSchema.shape.audio.optional(),
    held: z.boolean().optional().meta({ description: "`true`: on hold; `false`: back in the conference" }),
    announcement: file.optional().meta({
      description: "With `held: true`: what is heard meanwhile; a file of the site's own choice without it",
    }),
  })
  .refine(({ audio, held }) => exactlyOne({ audio, held }), { error: one("audio, held") })
  .refine(({ held, announcement }) => announcement === undefined || held === true, {
    path: ["announcement"],
    error: "goes with `held: true` alone",
  });

/** The same as three forms, for the document. */
export const shownParticipantChange = z
  .union([
    z.strictObject({ audio: participantSchema.shape.audio }),
    z.strictObject({
      held: z.literal(true).meta({ description: "`true`: on hold" }),
      announcement: file
        .optional()
        .meta({ description: "What is heard meanwhile; a file of the site's own choice without it" }),
    }),
    z.strictObject({ held: z.literal(false).meta({ description: "`false`: back in the conference" }) }),
  ])
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
    background: z
      .literal(false, { error: "must be false: one alone hears it in front" })
      .optional()
      .meta({ description: "`false`: one alone hears it in front" }),
  })
  .meta({ id: "ParticipantAnnouncement" });

export const joinedSchema = conferenceSchema
  .extend({
    own: z
      .object({
        role: participantSchema.shape.role,
        state: z.literal("joined").meta({ description: "`joined`: in it" }),
      })
      .meta({ description: "What the agent itself is in it" }),
  })
  .meta({ id: "JoinedConference" });

export const ownConferenceSchema = z
  .union([
    joinedSchema,
    z.object({
      id: conferenceId,
      own: z
        .object({ state: z.literal("invited").meta({ description: "`invited`: called, and has not answered" }) })
        .meta({ description: "What the agent itself is in it" }),
    }),
    z.object({
      id: z.null().meta({ description: "null: not known yet" }),
      own: z
        .object({ state: z.literal("requested").meta({ description: "`requested`: applied for, and not told yet" }) })
        .meta({ description: "What the agent itself is in it" }),
    }),
  ])
  .meta({ id: "OwnConference" });

const taken = <State extends "requested" | "answering">(state: State, description: string) =>
  z.object({ state: z.literal(state).meta({ description }) });

export const requestedSchema = taken("requested", "It was taken; an event on the stream tells what becomes of it");
export const answeringSchema = taken("answering", "It was taken; an event on the stream tells when the agent is in");
