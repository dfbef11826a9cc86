import type { Address } from "../../gateway/index.ts";
import { sendJson, sendNothing } from "../../http/json-answer.ts";
import { type Operation, operation } from "../../http/operation.ts";
import { boundForChange } from "../../sessions/api/index.ts";
import { participantSchema } from "../schemas.ts";
import { chairProblems, type OwnDeps, SENT_ONCE } from "./conference-routes.ts";
import {
  announcementBody,
  invitationBody,
  invitedSchema,
  participantAnnouncementBody,
  participantChangeBody,
  participantPath,
  requestedSchema,
  shownParticipantChange,
} from "./schemas.ts";

const participantExample = {
  kind: "agent",
  address: "1202",
  role: "participant",
  audio: "both",
  state: "held",
  joinedAt: "2026-09-21T14:14:02.000Z",
};

const playing = {
  202: {
    description: "Taken: an event tells when it has ended",
    schema: requestedSchema,
    example: { state: "requested" },
  },
};
const fileExample = { file: "y:/conf/120/1136287.V3" };

const ONE = "/conference/participants/{kind}/{address}";

/** What the chair does about who is in the conference, and what they hear. */
export function participantOperations({ sessions, chairing, maxAgentId }: OwnDeps): Operation[] {
  const params = participantPath(maxAgentId);
  const bound = { access: "session", params } as const;
  return [
    operation({
      method: "post",
      path: "/conference/participants",
      id: "inviteParticipants",
      summary: "Calls agents and phones into the conference",
      description: `For the chair, 120 at once at most. Nobody knows for how long it rings, and who does not come is told by an event, or not at all. ${SENT_ONCE}`,
      access: "session",
      body: invitationBody(maxAgentId),
      bodyExample: {
        participants: [
          { kind: "agent", address: "1202" },
          { kind: "phone", address: "70005" },
        ],
      },
      answers: {
        202: {
          description: "They are called. Of those who are in by now their state is told",
          schema: invitedSchema,
          example: { participants: [{ kind: "agent", address: "1202" }] },
        },
      },
      problems: chairProblems,
      async handle({ request, response, claims, body }) {
        const participants = await chairing.invite(await boundForChange(sessions, request, claims), body);
        sendJson(response, 202, { participants });
      },
    }),
    operation({
      ...bound,
      method: "patch",
      path: ONE,
      id: "changeParticipant",
      summary: "Mutes a participant or lets it speak, holds it or takes it back",
      description: `For the chair. The answer is the participant as the gateway has it, a moment later where the change takes one. ${SENT_ONCE}`,
      body: participantChangeBody,
      shownBody: shownParticipantChange,
      bodyExample: { held: true },
      answers: {
        200: { description: "The participant", schema: participantSchema, example: participantExample },
        202: {
          description:
            "Taken, and the participant cannot be looked at: nobody here knows in which conference the agent is",
          schema: requestedSchema,
          example: { state: "requested" },
        },
      },
      problems: [...chairProblems, "conference-not-found"],
      async handle({ request, response, claims, params: participant, body: { audio, held, announcement } }) {
        const session = await boundForChange(sessions, request, claims);
        const change = () => {
          if (audio !== undefined) return chairing.setAudio(session, participant, audio);
          return held ? chairing.hold(session, participant, announcement) : chairing.unhold(session, participant);
        };
        const changed = await change();
        if (changed === null) sendJson(response, 202, { state: "requested" });
        else sendJson(response, 200, changed);
      },
    }),
    operation({
      ...bound,
      method: "delete",
      path: ONE,
      id: "removeParticipant",
      summary: "Takes a participant out of the conference",
      description: `For the chair. ${SENT_ONCE}`,
      answers: { 204: { description: "It is out" } },
      problems: [...chairProblems, "chair-cannot", "conference-not-found"],
      async handle({ request, response, claims, params: participant }) {
        await chairing.remove(await boundForChange(sessions, request, claims), participant);
        sendNothing(response);
      },
    }),
    operation({
      method: "post",
      path: "/conference/announcement",
      id: "playAnnouncement",
      summary: "Plays a voice file to everybody",
      description: `For the chair. ${SENT_ONCE}`,
      access: "session",
      body: announcementBody,
      bodyExample: { ...fileExample, background: false },
      answers: playing,
      problems: [...chairProblems, "operation-refused"],
      async handle({ request, response, claims, body: { file, background } }) {
        await chairing.play(await boundForChange(sessions, request, claims), null, file, background);
        sendJson(response, 202, { state: "requested" });
      },
    }),
    operation({
      ...bound,
      method: "post",
      path: `${ONE}/announcement`,
      id: "playParticipantAnnouncement",
      summary: "Plays a voice file to one participant",
      description: `For the chair. ${SENT_ONCE}`,
      body: participantAnnouncementBody,
      bodyExample: fileExample,
      answers: playing,
      problems: [...chairProblems, "operation-refused"],
      async handle({ request, response, claims, params: participant, body: { file } }) {
        await chairing.play(await boundForChange(sessions, request, claims), participant, file, false);
        sendJson(response, 202, { state: "requested" });
      },
    }),
    stopping("/conference/announcement", "stopAnnouncement", "Stops what is played to everybody"),
    stopping(`${ONE}/announcement`, "stopParticipantAnnouncement", "Stops what is played to one participant"),
  ];

  function stopping(path: string, id: string, summary: string): Operation {
    return operation({
      method: "delete",
      path,
      id,
      summary,
      description: `For the chair. Whether an event tells of it is the platform's choice. ${SENT_ONCE}`,
      access: "session",
      ...(path.startsWith(ONE) ? { params } : {}),
      answers: { 204: { description: "It stops" } },
      problems: [...chairProblems, "operation-refused"],
      async handle({ request, response, claims, params: participant }) {
        const session = await boundForChange(sessions, request, claims);
        await chairing.stopPlaying(session, (participant as Address | undefined) ?? null);
        sendNothing(response);
      },
    });
  }
}
