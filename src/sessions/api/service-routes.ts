import { sendJson, sendNothing } from "../../http/json-answer.ts";
import { type Operation, operation } from "../../http/operation.ts";
import type { ProblemCode } from "../../problems.ts";
import type { AppSession, Issuer } from "../model.ts";
import type { Sessions } from "../sessions.ts";
import { nameAgent } from "./bound-request.ts";
import { gatewayProblems } from "./call-problems.ts";
import {
  bindBody,
  bindingExample,
  listedSessionExample,
  listedSessionSchema,
  listQuery,
  PAGE_LENGTH,
  sessionPageExample,
  sessionPageSchema,
  sessionPath,
  subjectQuery,
} from "./schemas.ts";

const problems: readonly ProblemCode[] = ["invalid-request", "sign-in-in-progress", "session-store-unavailable"];

interface Deps {
  readonly sessions: Sessions;
  /** The highest agent id of the site. */
  readonly maxAgentId: number;
  /** Whose sessions a backend binds: the apps' issuer's; where there is none, of this service's own tokens. */
  readonly boundIssuer: Issuer;
}

/** `/sessions`: what a trusted backend may do with everybody's sessions. No answer holds a secret. */
export function serviceOperations({ sessions, maxAgentId, boundIssuer: issuer }: Deps): Operation[] {
  async function listed(session: AppSession) {
    const agent = await sessions.agentOf(session);
    const { sessionId, issuer, subject, agentId, createdAt } = session;
    return {
      sessionId,
      issuer,
      subject,
      agentId,
      keepAlive: agent?.keepAlive ?? "managed",
      state: agent?.state ?? "expired",
      createdAt: new Date(createdAt).toISOString(),
      expiresAt: new Date(sessions.expiresAt(session)).toISOString(),
    };
  }

  return [
    operation({
      method: "put",
      path: "/sessions/{sessionId}",
      id: "bindSession",
      summary: "Binds a session whose agent was signed in elsewhere",
      description:
        "Joins the agent's session if there is one: the same Guid changes nothing, nor does the one that a backend brought last and that has rotated here since. The gateway is asked about any other, which is then a new sign-in of a managed agent and a newer version of an external one's; one that the gateway does not take, or that another sign-in or `PUT` has replaced, is refused, and nothing has changed. An `external` agent is never polled and never signed out.",
      access: "service",
      params: sessionPath,
      body: bindBody(maxAgentId),
      bodyExample: bindingExample,
      answers: {
        200: {
          description: "The session replaced one of the same name",
          schema: listedSessionSchema,
          example: listedSessionExample,
        },
        201: { description: "The session is bound", schema: listedSessionSchema, example: listedSessionExample },
      },
      problems: [...problems, "guid-refused", "rate-limited", ...gatewayProblems],
      async handle({ request, response, params, body, actor }) {
        nameAgent(request, body.agentId);
        const { sessionId } = params;
        const input = { ...body, subject: body.subject ?? null };
        const { session, created } = await sessions.bind({ issuer, sessionId }, input, actor);
        sendJson(response, created ? 201 : 200, await listed(session));
      },
    }),
    operation({
      method: "get",
      path: "/sessions",
      id: "listSessions",
      summary: `Lists sessions, ${PAGE_LENGTH} a page`,
      access: "service",
      query: listQuery(maxAgentId),
      answers: { 200: { description: "A page", schema: sessionPageSchema, example: sessionPageExample } },
      problems: ["session-store-unavailable"],
      async handle({ response, query }) {
        const asked = query.subject === undefined ? query : { ...query, issuer: query.issuer ?? issuer };
        const page = await sessions.list({ ...asked, limit: PAGE_LENGTH });
        sendJson(response, 200, { sessions: await Promise.all(page.sessions.map(listed)), next: page.next });
      },
    }),
    operation({
      method: "delete",
      path: "/sessions/{sessionId}",
      id: "revokeSession",
      summary: "Revokes a session",
      access: "service",
      params: sessionPath,
      answers: { 204: { description: "There is no such session any more" } },
      problems: ["invalid-request", "session-store-unavailable"],
      async handle({ response, params, actor }) {
        await sessions.revoke(params.sessionId, actor);
        sendNothing(response);
      },
    }),
    operation({
      method: "delete",
      path: "/sessions",
      id: "revokeSubject",
      summary: "Revokes all sessions of a subject",
      description:
        "Answered as soon as no session of the subject is left, and none that has begun to sign in can become one; the agents are signed out after that.",
      access: "service",
      query: subjectQuery,
      answers: { 204: { description: "The subject has no session any more" } },
      problems: ["invalid-request", "session-store-unavailable"],
      async handle({ response, query, actor }) {
        await sessions.revokeSubject(query.issuer ?? issuer, query.subject, actor);
        sendNothing(response);
      },
    }),
  ];
}
