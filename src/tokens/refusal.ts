import { Problem } from "../problems.ts";

/** The check that a token did not pass: the fixed word for it in the log. */
type TokenCheck =
  | "TOKEN_FORM"
  | "TOKEN_LENGTH"
  | "TOKEN_EXTENSION"
  | "TOKEN_TYPE"
  | "TOKEN_ALGORITHM"
  | "TOKEN_KEY"
  | "TOKEN_SIGNATURE"
  | "TOKEN_ISSUER"
  | "TOKEN_AUDIENCE"
  | "TOKEN_TIME"
  | "TOKEN_CLAIM"
  | "TOKEN_COOKIE";

/** Where a refused token says that it comes from; nothing of it is proven. Null: it does not say, or not in plain text. */
export interface TokenOrigin {
  readonly kid: string | null;
  readonly iss: string | null;
}

/** Behind a problem, for the log alone. Never holds the token. */
export class TokenRefused extends Error {
  override readonly name = "TokenRefused";
  readonly code: TokenCheck;
  readonly origin: TokenOrigin;

  constructor(code: TokenCheck, origin: TokenOrigin = { kid: null, iss: null }) {
    super(code);
    this.code = code;
    this.origin = origin;
  }
}

/** @param detail for the client: names claims and settings, and never the values that are expected or were given */
export const invalid = (check: TokenCheck, detail: string): Problem =>
  new Problem("token-invalid", { detail, cause: new TokenRefused(check) });

export const expired = (): Problem => new Problem("token-expired", { cause: new TokenRefused("TOKEN_TIME") });

/** For what is given out in the place of a token. */
export const invalidCookie = (detail: string): Problem => invalid("TOKEN_COOKIE", detail);

/** The same problem, with where the token says that it comes from. Whatever is no refusal of a token stays as it is. */
export function withOrigin(error: unknown, origin: () => TokenOrigin): unknown {
  if (!(error instanceof Problem) || !(error.cause instanceof TokenRefused)) return error;
  return new Problem(error.code, { detail: error.detail, cause: new TokenRefused(error.cause.code, origin()) });
}
