import { randomBytes } from "node:crypto";
import type { Request, Response } from "express";
import type { AgentId } from "../../gateway/index.ts";
import { sendJson, sendNothing } from "../../http/json-answer.ts";
import type { Limits } from "../../http/limits.ts";
import { type Operation, operation } from "../../http/operation.ts";
import { actorOf, scopeOf } from "../../http/request-scope.ts";
import { Problem, type ProblemCode } from "../../problems.ts";
import {
  type Claims,
  clearedSessionCookie,
  parseSessionId,
  parseSubject,
  SESSION_COOKIE,
  sessionCookie,
  type TokenIssuer,
} from "../../tokens/index.ts";
import type { Applicant, SignInResult } from "../admission.ts";
import type { AgentSession, AppSession } from "../model.ts";
import type { Sessions } from "../sessions.ts";
import type { Authentication } from "./authentication.ts";
import { boundSession, nameAgent } from "./bound-request.ts";
import { gatewayProblems } from "./call-problems.ts";
import { sessionExample, sessionSchema, signedInExample, signedInSchema, signInBody, signOutQuery } from "./schemas.ts";
import type { SessionCookies } from "./session-cookies.ts";
import { sessionEventKinds } from "./session-event-kinds.ts";
import type { SessionEvents } from "./session-events.ts";
import type { SessionStreams } from "./session-streams.ts";

const signInProblems: readonly ProblemCode[] = [
  "invalid-request",
  "payload-too-large",
  "unsupported-media-type",
  "token-missing",
  "token-invalid",
  "token-expired",
  "keys-unavailable",
  "session-not-found",
  "wrong-credentials",
  "csrf",
  "account-locked",
  "password-expired",
  "agent-already-signed-in",
  "agent-not-forceable",
  "sign-in-in-progress",
  "rate-limited",
  ...gatewayProblems,
  "session-store-unavailable",
];

const setCookie = {
  description: `Hands over the session cookie, \`${SESSION_COOKIE}\`, or takes it back.`,
  schema: { type: "string" },
  example: `${SESSION_COOKIE}=…; Max-Age=43200; Path=/; Secure; HttpOnly; SameSite=Strict`,
};

interface Deps {
  readonly sessions: Sessions;
  readonly events: SessionEvents;
  readonly streams: SessionStreams;
  readonly authentication: Authentication;
  readonly cookies: SessionCookies;
  readonly limits: Limits;
  /** Null where only the outside issuer signs tokens. */
  readonly issuer: TokenIssuer | null;
  /** The highest agent id of the site. */
  readonly maxAgentId: number;
}

/** `/session`: what a user's own app does with its session. */
export function sessionOperations(deps: Deps): Operation[] {
  const { sessions, events, streams, authentication, cookies, limits, issuer, maxAgentId } = deps;
  return [
    operation({
      method: "post",
      path: "/session",
      id: "signIn",
      summary: "Signs the agent in at the gateway and binds the session",
      description:
        "With a token of the outside issuer the session is bound to its session claim, and with `delivery: cookie` also handed out as a cookie, so that a browser need not keep the token. Without one, where the service issues tokens itself, the answer brings the token or sets the cookie.",
      access: "sign-in",
      body: signInBody(maxAgentId),
      bodyExample: { agentId: "1201", password: "secret-1201", phoneNumber: "40038", delivery: "body" },
      answers: {
        200: {
          description: "The session was there already",
          schema: signedInSchema,
          example: signedInExample,
          headers: { "Set-Cookie": setCookie },
        },
        201: {
          description: "The session is bound",
          schema: signedInSchema,
          example: signedInExample,
          headers: { "Set-Cookie": setCookie },
        },
      },
      problems: signInProblems,
      async handle(input) {
        const { request, response, body, hasClaims, actor } = input;
        const { agentId, delivery } = body;
        const asksForCookie = delivery === "cookie";
        if (asksForCookie) authentication.refuseCookie(request);
        nameAgent(request, agentId);
        await limits.signIn(request, response, agentId);
        const applicant = hasClaims ? applicantOf(input.claims) : ownApplicant(agentId);
        const result = await sessions.signIn(applicant, body, { ...actor, subject: applicant.subject });
        if (hasClaims || issuer === null) {
          if (asksForCookie && hasClaims)
            handOut(response, cookies.seal(result.session, input.claims), sessions.clock.wall());
          return sendJson(response, result.created ? 201 : 200, signedIn(sessions, result));
        }
        await handOver(response, result, asksForCookie, issuer);
      },
    }),
    operation({
      method: "get",
      path: "/session",
      id: "getSession",
      summary: "Who is bound: agent, VDN, inspector or not, state, expiry",
      access: "session",
      answers: { 200: { description: "The session", schema: sessionSchema, example: sessionExample } },
      problems: ["session-not-found", "session-store-unavailable"],
      async handle({ request, response, claims }) {
        const { session, agent } = await boundSession(sessions, request, claims);
        sendJson(response, 200, described(sessions, session, agent));
      },
    }),
    operation({
      method: "delete",
      path: "/session",
      id: "signOut",
      summary: "Ends the session; the last session of an agent signs the agent out at the gateway",
      description: "204 also when the gateway does not answer. `force=true` ends the agent's call as well.",
      access: "session",
      query: signOutQuery,
      answers: { 204: { description: "The session has ended", headers: { "Set-Cookie": setCookie } } },
      problems: [
        "invalid-request",
        "session-not-found",
        "agent-busy",
        "csrf",
        "sign-in-in-progress",
        "session-store-unavailable",
      ],
      async handle({ request, response, claims, query, actor }) {
        try {
          await sessions.signOut(claims, query.force, actor);
        } catch (error) {
          // Whatever the store says later: this browser has let go.
          if (error instanceof Problem && error.code === "session-store-unavailable") clearCookie(request, response);
          throw error;
        }
        clearCookie(request, response);
        sendNothing(response);
      },
    }),
    operation({
      method: "get",
      path: "/session/events",
      id: "streamSessionEvents",
      summary: "The agent's gateway events and the session's own state, as server-sent events",
      access: "session",
      resumes: true,
      answers: { 200: { description: "The events", contentType: "text/event-stream", events: sessionEventKinds } },
      problems: ["session-not-found", "session-store-unavailable"],
      async handle({ request, response, claims }) {
        const bound = await boundSession(sessions, request, claims);
        const stream = await streams.open({ request, response, claims, bound });
        await events.listen(stream, lastEventId(request));
      },
    }),
  ];

  /** A client that has left cannot use the token, and nobody else has it. */
  async function handOver(
    response: Response,
    result: SignInResult,
    asCookie: boolean,
    tokens: TokenIssuer,
  ): Promise<void> {
    const { session } = result;
    if (response.closed) {
      const actor = { ...actorOf(scopeOf(response.req)), subject: session.subject };
      return sessions.revoke(session.sessionId, actor);
    }
    const expiresAt = sessions.latestEnd(session);
    const token = tokens.issue({ subject: session.agentId, sessionId: session.sessionId, expiresAt });
    if (asCookie) handOut(response, { value: token, expiresAt }, sessions.clock.wall());
    const body = signedIn(sessions, result);
    sendJson(response, 201, asCookie ? body : { ...body, token });
  }
}

function applicantOf({ issuer, sessionId, subject }: Claims): Applicant {
  // Its guard has refused the others by the claim's name.
  if (sessionId === null) throw new Problem("token-invalid");
  return { issuer, sessionId, subject };
}

/** The service's own token names the agent, because the agent's password is all that was proven. */
function ownApplicant(agentId: AgentId): Applicant {
  const sessionId = parseSessionId(randomBytes(24).toString("base64url"));
  const subject = parseSubject(agentId);
  if (sessionId === null || subject === null) throw new Problem("internal-error");
  return { issuer: "own", sessionId, subject };
}

function handOut(
  response: Response,
  { value, expiresAt }: { readonly value: string; readonly expiresAt: number },
  now: number,
): void {
  response.setHeader("Set-Cookie", sessionCookie(value, expiresAt, now));
}

function described(sessions: Sessions, session: AppSession, agent: AgentSession) {
  const { agentId, vdnId, inspector, state } = agent;
  return { agentId, vdnId, inspector, state, expiresAt: new Date(sessions.expiresAt(session)).toISOString() };
}

function signedIn(sessions: Sessions, { session, agent, passwordDaysLeft }: SignInResult) {
  return { ...described(sessions, session, agent), passwordDaysLeft };
}

function clearCookie(request: Request, response: Response): void {
  if (request.headers.cookie?.includes(SESSION_COOKIE)) response.setHeader("Set-Cookie", clearedSessionCookie());
}

/** Of an earlier stream; whatever is no id of ours is as good as none. */
function lastEventId(request: Request): string | null {
  const id = request.headers["last-event-id"];
  return typeof id === "string" && /^[\w-]{1,64}$/.test(id) ? id : null;
}
