import { z } from "zod";
import { parseGuid, type signInStates } from "../../gateway/index.ts";
import { oneOf, timeOf } from "../../http/described-values.ts";
import { plainText } from "../../http/plain-text.ts";
import { parseSessionId, parseSubject, SESSION_COOKIE } from "../../tokens/index.ts";
import { agentId, shownAgentId } from "./agent-number.ts";
import { agentState, issuerName, keepAlive } from "./described-model.ts";

/** What is left to parse when the form is right is only the type. */
const noName = "must not contain control characters or half characters";

/** A name of the issuer's own, as a token may have it. */
const name = <Name>(parse: (text: string) => Name | null) =>
  plainText({ min: 1, max: 256 }).transform((text, context) => {
    const parsed = parse(text);
    if (parsed !== null) return parsed;
    context.addIssue({ code: "custom", message: noName });
    return z.NEVER;
  });

const sessionId = name(parseSessionId).meta({
  description: "The session claim of the user's token, which names the device",
  examples: ["device-1"],
});
const subject = name(parseSubject);
const issuer = issuerName(
  "Whose subject. Left out: the apps' issuer where one is configured, else this service",
).optional();

const stateWords: Readonly<Record<(typeof signInStates)[number], string>> = {
  busy: "is given no call; an inspector stays out of the idle pool",
  idle: "is given calls, and may apply for a conference",
  "after-call": "finishes the work after a call",
};

export function signInBody(highestAgentId: number) {
  return z
    .strictObject({
      agentId: agentId(highestAgentId),
      password: plainText({ max: 32 }).meta({
        description: "The agent's, at the gateway; may be empty",
        format: "password",
      }),
      phoneNumber: z
        .string({ error: "must be a text" })
        .regex(/^[0-9]{1,24}$/, { error: "must be 1 to 24 digits" })
        .meta({ description: "The number at which the agent is called", examples: ["40038"] }),
      force: z.boolean().default(false).meta({ description: "Sign out whoever is signed in as this agent" }),
      agentState: oneOf(
        stateWords,
        "In which state the agent is then. Left out: busy, unless the site has chosen otherwise. A session that is there, or joined, leaves the state as it is",
      ).optional(),
      delivery: oneOf(
        {
          body: "as the `token` of the answer, where the request brings none of its own",
          cookie: `as the \`${SESSION_COOKIE}\` cookie of the answer, for a browser; \`X-CSRF: 1\` is needed then`,
        },
        "How the session is handed out",
      ).default("body"),
    })
    .meta({ id: "SignIn" });
}

export const signOutQuery = z.object({
  force: z
    .enum(["true", "false"], { error: "must be `true` or `false`, given once" })
    .optional()
    .meta({
      description: "`true`: ends the agent's call as well; `false`: as left out, an agent who talks is `agent-busy`",
    })
    .transform((text) => text === "true"),
});

export function bindBody(highestAgentId: number) {
  return z
    .strictObject({
      agentId: agentId(highestAgentId),
      guid: z
        .string({ error: "must be a text" })
        .regex(/^(?:JSESSIONID=)?[\x21-\x7e]{1,512}$/, { error: "must be 1 to 512 visible ASCII characters" })
        .transform((text, context) => {
          // As `Set-GUID` has it.
          const parsed = parseGuid(text.replace(/^JSESSIONID=/, ""));
          if (parsed !== null) return parsed;
          context.addIssue({ code: "custom", message: "must be 1 to 512 visible ASCII characters" });
          return z.NEVER;
        })
        .meta({
          description: "The agent's Guid, node suffix included; also as `Set-GUID` has it, `JSESSIONID=…`",
        }),
      subject: subject.optional().meta({ description: "Left out: any subject of the issuer may use the session" }),
      cookie: z
        .string({ error: "must be a text" })
        .max(4_096, { error: "must have 4096 characters at most" })
        .regex(/^[\x20-\x7e]*$/, { error: "must be visible ASCII characters" })
        .optional()
        .meta({
          description: "The gateway's cookies, `name=value; name=value`. Left out: those of the same sign-in stay",
        }),
      keepAlive: keepAlive.default("managed"),
    })
    .meta({ id: "Binding" });
}

export const sessionPath = z.object({ sessionId });

export function listQuery(highestAgentId: number) {
  return z.object({
    issuer,
    subject: subject.optional(),
    agentId: agentId(highestAgentId).optional(),
    after: plainText({ min: 1, max: 2_048 }).optional().meta({ description: "`next` of the page before" }),
  });
}

export const subjectQuery = z.object({ issuer, subject });

const expiresAt = timeOf(
  "When the session ends unless it is used until then: each use moves it on, up to its greatest age. A token's own `exp` is another matter: past it a fresh token of the same session goes on",
);

export const sessionSchema = z
  .object({
    agentId: shownAgentId,
    vdnId: z
      .string()
      .regex(/^[0-9]+$/)
      .nullable()
      .meta({ description: "The agent's VDN (virtual call centre); null until known", examples: ["1"] }),
    inspector: z
      .boolean()
      .nullable()
      .meta({ description: "Whether the agent may see the conferences of its VDN; null until the gateway has told" }),
    state: agentState,
    expiresAt,
  })
  .meta({ id: "Session" });

export const signedInSchema = sessionSchema
  .extend({
    passwordDaysLeft: z
      .int()
      .nullable()
      .meta({ description: "Days until the agent's password expires; null when it does not, or was not asked for" }),
    token: z
      .string()
      .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/)
      .optional()
      .meta({
        description: "A JWT for `Authorization: Bearer`; only from a service that issues tokens, delivered in the body",
      }),
  })
  .meta({ id: "SignedIn" });

export const listedSessionSchema = z
  .object({
    sessionId: z.string().min(1).max(256).meta({ description: "The session claim of the user's token" }),
    issuer: issuerName("Whose token names it"),
    subject: z
      .string()
      .min(1)
      .max(256)
      .nullable()
      .meta({ description: "The token's `sub`; null: any of the issuer's may use it" }),
    agentId: shownAgentId,
    keepAlive,
    state: agentState,
    createdAt: timeOf("When it was bound"),
    expiresAt,
  })
  .meta({ id: "ListedSession" });

/** Of lists that come in pages, at most. */
export const PAGE_LENGTH = 500;

/** Of a list that comes in pages. */
export const nextPage = z
  .string()
  .min(1)
  .max(2_048)
  .nullable()
  .meta({ description: "What to ask for as `after`; null: this is the last page" });

export const sessionPageSchema = z
  .object({ sessions: z.array(listedSessionSchema).max(PAGE_LENGTH), next: nextPage })
  .meta({ id: "SessionPage" });

/** For the OpenAPI document. */
export const sessionExample = {
  agentId: "1201",
  vdnId: "1",
  inspector: true,
  state: "active",
  expiresAt: "2026-09-21T14:43:20.000Z",
};

export const signedInExample = {
  ...sessionExample,
  passwordDaysLeft: 9,
  token: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjAxIn0.c2lnbmF0dXJl",
};

export const bindingExample = {
  agentId: "1201",
  guid: "279fe21d-0000-4000-8000-ab9e9dae20f5.AgentGateway0",
  subject: "user-1",
  keepAlive: "external",
};

export const listedSessionExample = {
  sessionId: "device-1",
  issuer: "app",
  subject: "user-1",
  agentId: "1201",
  keepAlive: "external",
  state: "active",
  createdAt: "2026-09-21T14:13:20.000Z",
  expiresAt: "2026-09-21T14:43:20.000Z",
};

export const sessionPageExample = { sessions: [listedSessionExample], next: null };
