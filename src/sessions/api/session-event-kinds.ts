import { z } from "zod";
import { leaveReasons, participantChanges } from "../../gateway/index.ts";
import type { EventDescription } from "../../http/operation.ts";
import { agentStates } from "../model.ts";
import { endReasonSchema, streamEndings } from "./stream-endings.ts";

const time = z.iso.datetime().meta({ description: "ISO 8601, UTC" });

const conferenceId = z
  .string()
  .regex(/^[0-9]{1,19}$/)
  .meta({ description: "The gateway's 64-bit id as text" });
const receivedAt = time.meta({ description: "When this service received it. ISO 8601, UTC" });
const done = z.boolean().meta({ description: "`false`: it was tried, and failed" });

const AT = "2026-09-21T14:13:21.000Z";
const ID = "1030400";

/** One of those that say no more than which conference they are about. */
const moment = (description: string): EventDescription => ({
  description,
  schema: z.object({ at: receivedAt, id: conferenceId }),
  example: { at: AT, id: ID },
});

const ended = (description: string): EventDescription => ({
  description,
  schema: z.object({ at: receivedAt, done: z.boolean().meta({ description: "`false`: it could not be played" }) }),
  example: { at: AT, done: true },
});

/** The gateway's events about the agent's own conference, by what they mean; each comes before its `gateway-event`. */
const conferenceEventKinds: Readonly<Record<string, EventDescription>> = {
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
      kind: z.enum(["agent", "phone", "unknown"]),
      address: z.string().meta({ description: "The agent's number or the phone number" }),
      change: z.union([z.enum(participantChanges), z.int()]).meta({
        description:
          "What has changed. `chair`: chairs it from now on. A code that the gateway's reference does not have comes as it is",
      }),
      reason: z
        .union([z.enum(leaveReasons), z.int()])
        .nullable()
        .meta({
          description: "Of one who left: why. A code that the gateway's reference does not have comes as it is",
        }),
      done,
    }),
    example: { at: AT, id: ID, kind: "phone", address: "70005", change: "left", reason: "hung-up", done: true },
  },
  "conference-left": moment("The agent is out of the conference."),
  "chair-received": moment("The agent chairs the conference from now on."),
  "announcement-ended": ended("The announcement to everybody has ended."),
  "participant-announcement-ended": ended("The announcement to one participant has ended."),
};

/** What `GET /session/events` may carry, for the OpenAPI document. */
export const sessionEventKinds: Readonly<Record<string, EventDescription>> = {
  state: {
    description:
      "The session's own state: at once, then at every change. `unreachable`: the event polls fail since then, and nothing is lost yet. `expired`: the agent's app has to bind a new Guid.",
    schema: z.union([
      z.object({ state: z.enum(agentStates), since: time }),
      z.object({ state: z.literal("ended"), reason: endReasonSchema }),
    ]),
    example: { state: "active", since: "2026-09-21T14:13:20.000Z" },
  },
  ...conferenceEventKinds,
  "gateway-event": {
    description:
      "An event of the gateway, by its own name and with its own content. A client that comes back with the last `id` in `Last-Event-ID` gets what it missed, as far as it is kept.",
    schema: z.object({
      type: z.string().meta({ examples: ["AgentConf_SelfJoinResult"] }),
      at: z.iso.datetime().meta({ description: "When this service received it. ISO 8601, UTC" }),
      content: z.unknown().meta({ description: "As the gateway gave it; integers past 2^53 as text" }),
    }),
    example: { type: "AgentConf_SelfJoinResult", at: "2026-09-21T14:13:21.000Z", content: { confId: 1030400 } },
    id: "1795468400123-0",
  },
  alive: {
    description: "The stream is alive: at once, then every 5 s at least.",
    schema: z.object({ at: time.meta({ description: "When it was sent. ISO 8601, UTC" }) }),
    example: { at: "2026-09-21T14:13:20.000Z" },
  },
  ...streamEndings,
};
