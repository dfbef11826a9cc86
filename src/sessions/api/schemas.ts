import { z } from "zod";
import { parseAgentId, parseGuid, signInStates } from "../../gateway/index.ts";
import { parseSessionId, parseSubject } from "../../tokens/index.ts";
import { agentStates, issuers, keepAlives } from "../model.ts";

/** Nothing that goes on to the gateway, a header or a log may hold a control character: CR and LF end a header. */
const CONTROL = /\p{Cc}/u;
/** Half of a surrogate pair has no UTF-8, so that a store would give another text back. */
const plain = (text: string): boolean => !CONTROL.test(text) && text.isWellFormed();
const noControl = { error: "must not contain control characters or half characters" };

export const agentId = (highest: number) =>
  z
    .string({ error: "must be a text" })
    .transform((text, context) => {
      const parsed = parseAgentId(text, highest);
      if (parsed !== null) return parsed;
      context.addIssue({ code: "custom", message: `must be an agent id, 101 to ${highest}` });
      return z.NEVER;
    })
    .meta({ description: `The agent's number, 101 to ${highest}`, examples: ["1201"] });

/** A name of the issuer's own, as a token may have it. */
const name = <Name>(parse: (text: string) => Name | null) =>
  z
    .string()
    .min(1)
    .max(256)
    .transform((text, context) => {
      const parsed = parse(text);
      if (parsed !== null) return parsed;
      context.addIssue({ code: "custom", message: noControl.error });
      return z.NEVER;
    });

const sessionId = name(parseSessionId);
const subject = name(parseSubject);
const issuer = z.enum(issuers).optional().meta({
  description: "Whose subject: of the apps' issuer (`app`, where one is configured), or of this service's own tokens",
});
const time = z.iso.datetime().meta({ description: "ISO 8601, UTC" });
const state = z.enum(agentStates);

export function signInBody(highestAgentId: number) {
  return z
    .object({
      agentId: agentId(highestAgentId),
      password: z.string().max(32).refine(plain, noControl).meta({ description: "May be empty", format: "password" }),
      phoneNumber: z.string().regex(/^[0-9]{1,24}$/, { error: "must be 1 to 24 digits" }),
      force: z.boolean().default(false).meta({ description: "Sign out whoever is signed in as this agent" }),
      agentState: z.enum(signInStates).optional().meta({
        description:
          "In which state the agent is then. Left out: busy, unless the site has chosen otherwise. A session that is there, or joined, leaves the state as it is. A conference is applied for by an idle agent",
      }),
      delivery: z.enum(["body", "cookie"]).default("body").meta({
        description:
          "`cookie`: the session is handed out as a cookie. `body`: as a token of this service, where the request brings none of its own",
      }),
    })
    .meta({ id: "SignIn" });
}

export const signOutQuery = z.object({
  force: z
    .enum(["true", "false"], { error: "must be `true` or `false`, given once" })
    .optional()
    .transform((text) => text === "true"),
});

export function bindBody(highestAgentId: number) {
  return z
    .object({
      agentId: agentId(highestAgentId),
      guid: z
        .string({ error: "must be a text" })
        .transform((text, context) => {
          // As `Set-GUID` has it.
          const parsed = parseGuid(text.replace(/^JSESSIONID=/, ""));
          if (parsed !== null) return parsed;
          context.addIssue({ code: "custom", message: "must be 1 to 512 visible ASCII characters" });
          return z.NEVER;
        })
        .meta({ description: "The agent's Guid, node suffix included; also as `Set-GUID` has it, `JSESSIONID=…`" }),
      subject: subject.optional().meta({ description: "Left out: any subject of the issuer may use the session" }),
      cookie: z
        .string()
        .max(4_096)
        .regex(/^[\x20-\x7e]*$/, { error: "must be visible ASCII characters" })
        .optional()
        .meta({ description: "The gateway's cookies, `name=value; name=value`" }),
      keepAlive: z.enum(keepAlives).default("managed"),
    })
    .meta({ id: "Binding" });
}

export const sessionPath = z.object({ sessionId });

export function listQuery(highestAgentId: number) {
  return z.object({
    issuer,
    subject: subject.optional(),
    agentId: agentId(highestAgentId).optional(),
    after: z.string().min(1).max(2_048).optional().meta({ description: "`next` of the page before" }),
  });
}

export const subjectQuery = z.object({ issuer, subject });

export const sessionSchema = z
  .object({
    agentId: z.string(),
    vdnId: z.string().nullable().meta({ description: "null until known" }),
    inspector: z.boolean().nullable().meta({ description: "null until known" }),
    state,
    expiresAt: time,
  })
  .meta({ id: "Session" });

export const signedInSchema = sessionSchema
  .extend({
    passwordDaysLeft: z.int().nullable().meta({ description: "null when it does not expire, or was not asked for" }),
    token: z.string().optional().meta({ description: "Only from a service that issues tokens, delivered in the body" }),
  })
  .meta({ id: "SignedIn" });

export const listedSessionSchema = z
  .object({
    sessionId: z.string(),
    issuer: z.enum(issuers),
    subject: z.string().nullable(),
    agentId: z.string(),
    keepAlive: z.enum(keepAlives),
    state,
    createdAt: time,
    expiresAt: time,
  })
  .meta({ id: "ListedSession" });

export const sessionPageSchema = z
  .object({ sessions: z.array(listedSessionSchema), next: z.string().nullable() })
  .meta({ id: "SessionPage" });

/** For the OpenAPI document. */
export const sessionExample = {
  agentId: "1201",
  vdnId: "1",
  inspector: true,
  state: "active",
  expiresAt: "2026-09-21T14:43:20.000Z",
};

export const signedInExample = { ...sessionExample, passwordDaysLeft: 9, token: "eyJhbGciOiJIUzI1NiIs…" };

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
