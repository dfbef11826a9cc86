import { clientSamples, readRecipes } from "./api-samples.ts";
import type { Config } from "./config/index.ts";
import type { Description, Json } from "./http/openapi.ts";
import type { Access, Operation } from "./http/operation.ts";
import { SESSION_COOKIE, type TokenOptions } from "./tokens/index.ts";

type ShownTokens = Pick<TokenOptions, "app" | "ownSecrets" | "serviceScope" | "serviceClaims">;

interface ShownConfig {
  readonly tokens: ShownTokens;
  readonly gateway: Pick<Config["gateway"], "retcodes">;
  readonly http: Pick<Config["http"], "publicUrl">;
}

/** What the OpenAPI document says of this service beside what its operations do. */
export function describeApi({ tokens, gateway, http }: ShownConfig): Description {
  return {
    introduction,
    tags,
    tagOf,
    securitySchemes: securitySchemes(tokens),
    securityOf: (access) => securityOf(access, tokens),
    publicUrl: http.publicUrl,
    retcodes: gateway.retcodes,
    clientSamples,
    recipes: readRecipes,
  };
}

const TAGS = {
  conferences: "The ongoing conferences of the agent's VDN (virtual call centre).",
  conference: "The conference that the agent is in: applied for, answered, held.",
  session: "What a user's own app does with its session.",
  agent:
    "What else the agent may ask of the gateway: its state, its calls, inspection. Off unless the operators name an operation.",
  sessions:
    "For trusted backends: binds, lists and revokes sessions of users whose agents were signed in elsewhere, and tells who is signed in.",
  operation: "For the operators' machinery.",
  documentation: "What there is, what a problem means, and the live board.",
} as const;

const tags = Object.entries(TAGS).map(([name, description]) => ({ name, description }));

const OPERATION_PATHS: readonly string[] = ["/livez", "/readyz", "/metrics"];

function tagOf({ path }: Operation): keyof typeof TAGS {
  const root = path.split("/")[1];
  if (root === "agents") return "sessions";
  if (root === "conferences" || root === "conference") return root;
  if (root === "session" || root === "agent" || root === "sessions") return root;
  return OPERATION_PATHS.includes(path) ? "operation" : "documentation";
}

function securitySchemes({ app, ownSecrets, serviceScope, serviceClaims }: ShownTokens): Json {
  const ways = [...(app === null ? [] : [appTokens(app)]), ...(ownSecrets === null ? [] : [OWN_TOKENS])];
  return {
    bearer: {
      type: "http",
      scheme: "bearer",
      bearerFormat: "JWT",
      description: `A JWT ${ways.join("; or one ")}. \`exp\` is required.`,
    },
    cookie: {
      type: "apiKey",
      in: "cookie",
      name: SESSION_COOKIE,
      description:
        'A session as a cookie (Secure, HttpOnly, SameSite=Strict, Path=/), set by `POST /session` with `delivery: "cookie"`. Read only when there is no `Authorization: Bearer`. A change needs the header `X-CSRF: 1` too, and has to come from a page of this site or of a listed origin.',
    },
    service: {
      type: "http",
      scheme: "bearer",
      bearerFormat: "JWT",
      description: `A trusted backend's JWT, of any issuer that \`bearer\` names: one of its claims ${quoted(serviceClaims)} holds \`${serviceScope}\`, as a word of a text or as one of a list. It needs no session.`,
    },
  };
}

const OWN_TOKENS = 'of this service (HS256): the `token` of `POST /session` with `delivery: "body"`';

function appTokens({ issuer, audience, algorithms, sessionClaim }: NonNullable<ShownTokens["app"]>): string {
  const said = [
    `\`sub\` names the user, the claim \`${sessionClaim}\` the session`,
    ...(issuer === null ? [] : [`\`iss\` is \`${issuer}\``]),
    ...(audience === null ? [] : [`\`aud\` holds \`${audience}\``]),
  ];
  return `of the app's issuer (${algorithms.join(", ")}): ${said.join(", ")}`;
}

const quoted = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(", ");

/** Each row is one way in; an empty one means that no token is needed. */
function securityOf(access: Access, { app, ownSecrets }: ShownTokens): Json[] {
  switch (access) {
    case "anyone":
      return [];
    case "session":
      return [{ bearer: [] }, { cookie: [] }];
    case "service":
      return [{ service: [] }];
    case "sign-in":
      return [...(app === null ? [] : [{ bearer: [] }, { cookie: [] }]), ...(ownSecrets === null ? [] : [{}])];
  }
}

const introduction = `Simplified, steady access to the conferences of a contact centre's agent gateway.

Everything is JSON in UTF-8. Ids are text: the gateway's conference ids have 64 bits, and JavaScript's numbers end at 2^53. Times are ISO 8601 in UTC. Clients have to bear fields that they do not know.

Every failure is \`application/problem+json\` (RFC 9457). Decide by its \`code\`, which \`GET /problems/{code}\` explains. A path that does not exist is 404 \`not-found\`, a method that a path does not have 405 \`method-not-allowed\` with \`Allow\`; both are decided before the token is looked at, and the token before the shape of what was sent. \`HEAD\` goes where \`GET\` does, \`OPTIONS\` answers 204 with \`Allow\`.

Requests are limited per session, sign-ins per address and agent id: \`RateLimit\` says what is left, 429 comes with \`Retry-After\`.

Event streams are server-sent events as in the HTML standard: named events with JSON data, and among them \`alive\` at least every 5 s. Before each end that is meant stands an event that says why: \`session-ended\`, \`token-expired\`, \`replaced\`, \`instance-ending\`. An open stream counts as use of the session; a session may have 32 in each instance.`;
