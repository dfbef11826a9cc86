import { Problem } from "../problems.ts";

/** A token taken apart, nothing of it proven yet. */
export interface UnverifiedToken {
  readonly text: string;
  readonly algorithm: string;
  readonly kid: string | null;
  readonly issuer: unknown;
}

/** Characters. A browser's cookie holds half of it, and no issuer in use writes more. */
const LONGEST_TOKEN = 8 * 1024;

/** The compact form of RFC 7515 section 7.1, with a signature. */
const compactForm = /^([\w-]+)\.([\w-]+)\.[\w-]+$/;

/** Refuses a token by its length alone, before anything reads it. */
export function refuseOversized(token: string): void {
  if (token.length > LONGEST_TOKEN) throw invalid("The token is too long.");
}

/**
 * Reads what is needed to choose the key. `jku`, `x5u`, `x5c` and `jwk` are never looked at: keys come from the
 * configuration alone. `crit` names extensions that a reader has to understand (RFC 7515 section 4.1.11); this service
 * understands none, and jsonwebtoken passes over it. `b64` would change what is signed (RFC 7797).
 */
export function takeApart(token: string): UnverifiedToken {
  const parts = compactForm.exec(token);
  if (parts === null) throw invalid("The token is not a signed JWT.");
  const header = jsonObject(parts[1] ?? "");
  const payload = jsonObject(parts[2] ?? "");
  if (header === null || payload === null) throw invalid("The token's header or payload is not a JSON object.");
  if (Object.hasOwn(header, "crit") || Object.hasOwn(header, "b64")) {
    throw invalid("The token asks for an extension that is not supported.");
  }
  const { alg, kid } = header;
  if (typeof alg !== "string") throw invalid("The token names no algorithm.");
  if (kid !== undefined && typeof kid !== "string") throw invalid("The token's key id is not a text.");
  return { text: token, algorithm: alg, kid: kid ?? null, issuer: payload.iss };
}

export function invalid(detail: string): Problem {
  return new Problem("token-invalid", { detail });
}

function jsonObject(base64url: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64url, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    // The error quotes the token, so it goes nowhere.
    return null;
  }
}
