import { jwksUrl } from "../forms/addresses.ts";
import { anyText, filePath, integer } from "../forms/form.ts";
import { algorithmList, claimName, claimNames, claimValues, scopeWord, secretList } from "../forms/tokens.ts";
import type { Setting } from "./setting.ts";

export const tokensSettings = {
  JWT_SECRET: {
    group: "Tokens",
    form: secretList,
    optional: true,
    secret: true,
    meaning: "Secret that the app's issuer signs with; several for rotation. One of the three `JWT_` keys at most.",
    example: "",
  },
  JWT_PUBLIC_KEY_FILE: {
    group: "Tokens",
    form: filePath,
    optional: true,
    meaning:
      "PEM public key or certificate of the app's issuer, several in one file while they rotate. RSA from 2048 bits, EC on P-256, P-384 or P-521, or Ed25519.",
    example: "/run/secrets/issuer.pem",
  },
  JWT_JWKS_URL: {
    group: "Tokens",
    form: jwksUrl,
    optional: true,
    meaning: "Where the app's issuer publishes its keys (RFC 7517).",
    example: "https://issuer.example/.well-known/jwks.json",
  },
  JWT_CA_FILE: {
    group: "Tokens",
    form: filePath,
    optional: true,
    meaning:
      "PEM bundle to trust beside the system's, for `JWT_JWKS_URL` only, in the forms of `GATEWAY_CA_FILE`. Neither is trusted for the other.",
    example: "/run/secrets/issuer-ca.pem",
  },
  JWT_ALGORITHMS: {
    group: "Tokens",
    form: algorithmList,
    optional: true,
    meaning:
      "What the app's tokens may be signed with. `HS256` with `JWT_SECRET`; required with a public key or JWKS. Symmetric and asymmetric are never mixed, and each has to fit the key.",
    example: "RS256",
  },
  JWT_ISSUER: {
    group: "Tokens",
    form: anyText,
    optional: true,
    meaning: "The `iss` that the app's tokens must have. Not set: not checked. Never `conferences-bff`, our own.",
    example: "https://issuer.example",
  },
  JWT_AUDIENCE: {
    group: "Tokens",
    form: anyText,
    optional: true,
    meaning: "What the `aud` of the app's tokens must hold. Not set: not checked.",
    example: "conferences",
  },
  JWT_SESSION_CLAIM: {
    group: "Tokens",
    form: claimName,
    meaning:
      "The claim that names the session: the claim of exactly this name, else dots reach into objects (`session.id`). A safe integer names the session of its decimal text. `sub` names the subject.",
  },
  JWT_CLOCK_SKEW_MS: {
    group: "Tokens",
    form: integer(0, 600_000),
    meaning:
      "Tolerance for `nbf`, in ms: an issuer's clock may be ahead of ours. `exp` has none, and `iat` is not checked.",
  },
  JWT_REQUIRED_CLAIMS: {
    group: "Tokens",
    form: claimValues,
    optional: true,
    meaning:
      "What the app's tokens must say beside, so that a token for something else is not taken; a name given twice: one of its values. Not set: nothing.",
    example: "token_use=access",
  },
  TOKEN_SECRET: {
    group: "Tokens",
    form: secretList,
    optional: true,
    secret: true,
    meaning:
      "Set: the service issues session tokens itself (HS256); the first signs, all of them check. Not set: with an sqlite file and no variable that begins with `JWT_`, one is made and kept beside the file; else a key of the app's issuer is needed. Never one of `JWT_SECRET`.",
    example: "",
  },
  SERVICE_TOKEN_SCOPE: {
    group: "Tokens",
    form: scopeWord,
    meaning: "The word that a trusted backend's token must hold on `/sessions`, in one of `SERVICE_TOKEN_CLAIMS`.",
  },
  SERVICE_TOKEN_CLAIMS: {
    group: "Tokens",
    form: claimNames,
    meaning: "The claims of which one must hold that word, as space-separated text or as a list.",
  },
} as const satisfies Record<string, Setting>;
