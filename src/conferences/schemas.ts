import { z } from "zod";

export const conferenceId = z
  .string()
  .regex(/^[0-9]{1,19}$/)
  .meta({ description: "The gateway's 64-bit id as text", examples: ["355840"] });

const time = z.iso.datetime().meta({ description: "ISO 8601, UTC" });

export const participantSchema = z
  .object({
    kind: z.enum(["agent", "phone", "unknown"]),
    address: z.string().meta({ description: "The agent's number or the phone number" }),
    role: z.enum(["chair", "participant"]),
    audio: z.enum(["listen", "speak", "both", "none"]),
    state: z.enum(["connected", "held", "announcement"]),
    joinedAt: time,
  })
  .meta({ id: "Participant" });

export const conferenceSchema = z
  .object({
    id: conferenceId,
    state: z.enum(["normal", "announcement"]),
    startedAt: time,
    bookedMinutes: z.int().min(0),
    elapsedMinutes: z.int().min(0),
    participants: z.array(participantSchema),
  })
  .meta({ id: "Conference" });

export const conferenceListSchema = z
  .object({ conferences: z.array(z.union([conferenceSchema, z.object({ id: conferenceId })])) })
  .meta({ id: "ConferenceList" });

/** `?expand=details`, once or not at all. */
export const expandQuery = z.object({
  expand: z.literal("details", { error: "must be `details`, given once" }).optional(),
});

export const conferencePath = z.object({
  id: z.string().regex(/^[0-9]{1,19}$/, { error: "must be 1 to 19 digits" }),
});
