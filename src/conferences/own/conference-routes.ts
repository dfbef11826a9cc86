import { sendJson, sendNothing } from "../../http/json-answer.ts";
import { type Operation, type OperationInput, operation } from "../../http/operation.ts";
import { leavingSignal } from "../../http/request-scope.ts";
import { Problem, type ProblemCode } from "../../problems.ts";
import { boundCallProblems, boundForChange, boundSession } from "../../sessions/api/index.ts";
import type { BoundSession, Sessions } from "../../sessions/index.ts";
import { conferenceExample } from "../schemas.ts";
import type { Chairing } from "./chairing.ts";
import type { Membership } from "./membership.ts";
import {
  answeringSchema,
  applicationBody,
  changeBody,
  changedSchema,
  joinedSchema,
  noBody,
  ownConferenceSchema,
  requestedSchema,
} from "./schemas.ts";

/** Of every call that the gateway is told something by. */
const controlProblems: readonly ProblemCode[] = [
  "invalid-request",
  ...boundCallProblems,
  "not-in-a-conference",
  "agent-busy",
  "rate-limited",
];
export const chairProblems: readonly ProblemCode[] = [...controlProblems, "not-the-chair"];

export const SENT_ONCE = "Sent once: a problem's `outcome` says whether it may have been carried out all the same.";

export interface OwnDeps {
  readonly sessions: Sessions;
  readonly membership: Membership;
  readonly chairing: Chairing;
  /** The highest agent id of the site. */
  readonly maxAgentId: number;
  /** Where clients see the service; `null`: at the root of whatever they ask. */
  readonly publicUrl: string | null;
}

const joinedExample = { ...conferenceExample, own: { role: "chair", state: "joined" } };

/** The conference that the agent is in, or about to be in: there is one at most. */
export function ownConferenceOperations(deps: OwnDeps): Operation[] {
  const { sessions, membership, chairing, maxAgentId, publicUrl } = deps;
  const withNothingToSay =
    (act: (bound: BoundSession) => Promise<void>) =>
    async ({ request, response, claims }: OperationInput<unknown, unknown, unknown>): Promise<void> => {
      await act(await boundForChange(sessions, request, claims));
      sendNothing(response);
    };
  const location = `${publicUrl ?? ""}/conference`;
  return [
    operation({
      method: "post",
      path: "/conference",
      id: "applyForConference",
      summary: "Applies for a conference, with the agent as its chair",
      description: `For an agent who is idle or in a steady call. The platform decides a moment later, which is waited for as long as for an answer of the gateway. ${SENT_ONCE}`,
      access: "session",
      body: applicationBody,
      bodyExample: { seats: 8, minutes: 60, remindMinutes: 3 },
      answers: {
        201: {
          description: "The agent is in it",
          schema: joinedSchema,
          example: joinedExample,
          headers: { Location: { description: "The agent's conference", schema: { type: "string" } } },
        },
        202: {
          description: "Taken, and not decided yet",
          schema: requestedSchema,
          example: { state: "requested" },
        },
      },
      problems: [...controlProblems, "already-in-a-conference", "conference-refused"],
      async handle({ request, response, claims, body }) {
        const joined = await membership.apply(await boundForChange(sessions, request, claims), body);
        if (joined === null) return sendJson(response, 202, { state: "requested" });
        response.setHeader("Location", location);
        sendJson(response, 201, joined);
      },
    }),
    operation({
      method: "get",
      path: "/conference",
      id: "getOwnConference",
      summary: "The conference that the agent is in, is called into, or has applied for",
      description: "Whether the agent chairs it is read from the gateway's answer.",
      access: "session",
      answers: {
        200: {
          description: "The conference, or what is known of it",
          schema: ownConferenceSchema,
          example: joinedExample,
        },
      },
      problems: ["invalid-request", ...boundCallProblems, "conference-not-found"],
      async handle({ request, response, claims }) {
        const bound = await boundSession(sessions, request, claims);
        sendJson(response, 200, await membership.look(bound, leavingSignal(request, response)));
      },
    }),
    operation({
      method: "patch",
      path: "/conference",
      id: "changeOwnConference",
      summary: "Adds time or seats, or hands the chair over",
      description: `For the chair. The answer says what was really granted. ${SENT_ONCE}`,
      access: "session",
      body: changeBody(maxAgentId),
      bodyExample: { addMinutes: 30 },
      answers: { 200: { description: "What was granted", schema: changedSchema, example: { addedMinutes: 20 } } },
      problems: [...chairProblems, "chair-cannot", "operation-refused"],
      async handle({ request, response, claims, body: { addMinutes, addSeats, chair } }) {
        const bound = await boundForChange(sessions, request, claims);
        if (addMinutes !== undefined) {
          const addedMinutes = await chairing.addMinutes(bound, addMinutes);
          sendJson(response, 200, { addedMinutes });
        } else if (addSeats !== undefined) {
          await chairing.changeSeats(bound, addSeats);
          sendJson(response, 200, { addedSeats: addSeats });
        } else if (chair !== undefined) {
          await chairing.handOver(bound, chair);
          sendJson(response, 200, { chair });
        } else throw new Problem("internal-error");
      },
    }),
    operation({
      method: "delete",
      path: "/conference",
      id: "endOwnConference",
      summary: "Ends the conference for everybody",
      description: `For the chair. ${SENT_ONCE}`,
      access: "session",
      answers: { 204: { description: "It ends" } },
      problems: chairProblems,
      handle: withNothingToSay((bound) => membership.end(bound)),
    }),
    operation({
      method: "post",
      path: "/conference/answer",
      id: "answerInvitation",
      summary: "Takes the invitation that rings at the agent",
      description: `That the agent is in is waited for as long as for an answer of the gateway. ${SENT_ONCE}`,
      access: "session",
      body: noBody,
      answers: {
        200: {
          description: "The agent is in it",
          schema: joinedSchema,
          example: { ...joinedExample, own: { role: "participant", state: "joined" } },
        },
        202: { description: "Taken, and not in yet", schema: answeringSchema, example: { state: "answering" } },
      },
      problems: controlProblems,
      async handle({ request, response, claims }) {
        const joined = await membership.answer(await boundForChange(sessions, request, claims));
        if (joined === null) sendJson(response, 202, { state: "answering" });
        else sendJson(response, 200, joined);
      },
    }),
    operation({
      method: "post",
      path: "/conference/reject",
      id: "rejectInvitation",
      summary: "Declines the invitation that rings at the agent",
      description: SENT_ONCE,
      access: "session",
      body: noBody,
      answers: { 204: { description: "It rings no more" } },
      problems: controlProblems,
      handle: withNothingToSay((bound) => membership.reject(bound)),
    }),
    operation({
      method: "post",
      path: "/conference/leave",
      id: "leaveConference",
      summary: "Leaves the conference, which goes on",
      description: `For whoever is not its chair: that one ends it, or hands it over first. ${SENT_ONCE}`,
      access: "session",
      body: noBody,
      answers: { 204: { description: "The agent leaves" } },
      problems: [...controlProblems, "chair-cannot"],
      handle: withNothingToSay((bound) => membership.leave(bound)),
    }),
  ];
}
