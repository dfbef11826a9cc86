/**
 * The catalogue of everything that can go wrong for a client (RFC 9457), in one place: the status, the text, and what
 * to do about it. `GET /problems/{code}`, the OpenAPI document and docs/problems.md are made from this table.
 */

export interface CatalogueEntry {
  readonly status: number;
  readonly title: string;
  /** What it means and what the reader can do. */
  readonly help: string;
  /** Seconds for `Retry-After`, where a later attempt is worth it. */
  readonly retryAfter?: number;
}

export const catalogue = {
  "token-missing": {
    status: 401,
    title: "A token is required",
    help: "Send the app's JWT as `Authorization: Bearer …`, or the session cookie.",
  },
  "token-invalid": {
    status: 401,
    title: "The token cannot be accepted",
    help: "Its signature, algorithm, issuer, audience or claims are not what this service takes. Get a new token from the issuer; a retry with the same one fails again.",
  },
  "token-expired": {
    status: 401,
    title: "The token has expired",
    help: "Get a fresh token from the issuer and repeat the request. The session behind it may well be alive.",
  },
  "keys-unavailable": {
    status: 503,
    title: "The keys of the token's issuer are not at hand",
    help: "The token may well be good: keep it, and try again after `Retry-After`. The keys that would prove it cannot be fetched from its issuer at the moment; the log says why.",
    retryAfter: 2,
  },
  "session-not-found": {
    status: 401,
    title: "No session is bound to this token",
    help: "The token is good, but no session belongs to it: it was never bound, or has ended. Sign in with `POST /session`.",
  },
  "session-expired": {
    status: 401,
    title: "The gateway no longer knows this session",
    help: "The gateway refused the newest credential of the session. Sign in again with `POST /session`; a backend that binds sessions sends a new `PUT /sessions/{sessionId}`.",
  },
  "agent-not-signed-in": {
    status: 401,
    title: "The agent is not signed in",
    help: "The gateway says that the agent is signed out. Sign in again with `POST /session`.",
  },
  "wrong-credentials": {
    status: 401,
    title: "Wrong agent or password",
    help: "The gateway refused the credentials. Do not repeat them: the account may be locked after a few attempts.",
  },
  "insufficient-scope": {
    status: 403,
    title: "The token lacks the scope",
    help: "`/sessions` and `/agents` are for trusted backends: one of the token's claims in `SERVICE_TOKEN_CLAIMS` has to hold the configured word (`SERVICE_TOKEN_SCOPE`).",
  },
  csrf: {
    status: 403,
    title: "The request may come from another site",
    help: "A change that uses or asks for the session cookie needs the header `X-CSRF: 1` and has to come from this site or from a listed origin.",
  },
  "not-an-inspector": {
    status: 403,
    title: "The agent is not an inspector",
    help: "Only an agent with the quality inspector role may see the conferences of its VDN. The role is set on the platform.",
  },
  "not-the-chair": {
    status: 403,
    title: "The agent does not chair this conference",
    help: "Only the chair of the conference may do this. The chair can hand the role on with `PATCH /conference`.",
  },
  "account-locked": {
    status: 403,
    title: "The agent's account is locked",
    help: "The platform has locked the account. Ask its administrator.",
  },
  "password-expired": {
    status: 403,
    title: "The agent's password has expired",
    help: "The password has to be changed on the platform before the agent can sign in.",
  },
  "invalid-request": {
    status: 400,
    title: "The request is not valid",
    help: "`errors` lists each mistake by its path. Where the gateway found the mistake, `retcode` has its code.",
  },
  "not-found": {
    status: 404,
    title: "Not found",
    help: "There is nothing at this path. `GET /openapi.json` lists what there is.",
  },
  "conference-not-found": {
    status: 404,
    title: "No such conference",
    help: "The conference has ended, or is not one of the agent's VDN.",
  },
  "method-not-allowed": { status: 405, title: "Method not allowed", help: "`Allow` lists the methods of this path." },
  "unsupported-media-type": {
    status: 415,
    title: "Unsupported media type",
    help: "Send the body as `application/json` in UTF-8, without a content encoding.",
  },
  "payload-too-large": { status: 413, title: "The body is too large", help: "A request body may have 64 KiB at most." },
  "agent-already-signed-in": {
    status: 409,
    title: "The agent is signed in already",
    help: 'Somebody is signed in as this agent. `"force": true` signs them out and this session in: ask the user first.',
  },
  "agent-not-forceable": {
    status: 409,
    title: "The agent is signed in and cannot be forced out",
    help: "The platform does not allow to force this agent out. Sign out where the agent is signed in.",
  },
  "sign-in-in-progress": {
    status: 409,
    title: "A sign-in of this agent is under way",
    help: "Wait for the sign-in or sign-out of this agent that has not been answered yet, then try again.",
    retryAfter: 2,
  },
  "agent-busy": {
    status: 409,
    title: "The agent is busy",
    help: "The gateway does not allow this in the agent's present state, for instance while talking. Try again after the call; `DELETE /session?force=true` ends the call as well.",
  },
  "guid-refused": {
    status: 409,
    title: "The gateway does not take this Guid",
    help: "The gateway was asked about the Guid and refused it, or another sign-in has replaced it since. Nothing has changed. Sign the agent in anew and send the Guid of that sign-in; `retcode` has what the gateway said.",
  },
  "not-in-a-conference": {
    status: 409,
    title: "The agent is in no conference",
    help: "The gateway says that the agent is in no conference at the moment. `GET /conference` tells how things stand.",
  },
  "already-in-a-conference": {
    status: 409,
    title: "The agent is in a conference already",
    help: "An agent can be in one conference at a time. Leave that one, or end it, first.",
  },
  "chair-cannot": {
    status: 409,
    title: "The chair cannot do this",
    help: "The gateway refuses this for the conference's chair. Hand the role on first, or end the conference.",
  },
  "conference-refused": {
    status: 409,
    title: "The platform refused the conference",
    help: "The application for the conference was taken and then refused. `cause` has the platform's own number.",
  },
  "operation-refused": {
    status: 409,
    title: "The gateway refused the operation",
    help: "The platform does not allow this in the present state of the agent or its call. `retcode` says why.",
  },
  "rate-limited": {
    status: 429,
    title: "Too many requests",
    help: "Wait for the seconds in `Retry-After`.",
    retryAfter: 5,
  },
  "gateway-error": {
    status: 502,
    title: "The gateway reported an error",
    help: "The gateway answered with a retcode that means a fault of its own, or one that this service does not know. `retcode` has it.",
  },
  "gateway-unreachable": {
    status: 502,
    title: "The gateway cannot be reached",
    help: "The connection was refused or lost, the name not found, or the certificate not trusted. The session is kept; try again.",
  },
  "gateway-bad-response": {
    status: 502,
    title: "The gateway's answer makes no sense",
    help: "The answer was not JSON, not of the documented shape, too large, cut off, or had an unexpected HTTP status. The session is kept; try again.",
  },
  "gateway-switching-over": {
    status: 503,
    title: "The gateway is switching over",
    help: "The gateway is moving the agent, or the credential is being renewed. The session is kept; try again after `Retry-After`.",
    retryAfter: 2,
  },
  "gateway-unavailable": {
    status: 503,
    title: "The gateway is not available",
    help: "The gateway failed often in the last seconds, or has too many calls waiting. The session is kept; try again after `Retry-After`.",
    retryAfter: 2,
  },
  "session-store-unavailable": {
    status: 503,
    title: "The session store does not answer",
    help: "Sessions cannot be read at the moment; none is lost. Try again after `Retry-After`.",
    retryAfter: 2,
  },
  "instance-ending": {
    status: 503,
    title: "This instance is ending",
    help: "This instance takes nothing new and another one answers: try again after `Retry-After`, on a new connection. The session is kept.",
    retryAfter: 1,
  },
  "gateway-timeout": {
    status: 504,
    title: "The gateway did not answer in time",
    help: "The whole deadline has passed, attempts included. The session is kept; try again.",
  },
  "internal-error": {
    status: 500,
    title: "Internal error",
    help: "A mistake of this service. Tell its operators the `requestId`; the log has the details under it.",
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ProblemCode = keyof typeof catalogue;

export const problemCodes = Object.keys(catalogue) as readonly ProblemCode[];

export const isProblemCode = (text: string): text is ProblemCode => Object.hasOwn(catalogue, text);
