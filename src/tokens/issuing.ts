import { OWN_ISSUER } from "./issuer.ts";
import { jsonWebToken } from "./json-web-token.ts";
import { secretKey } from "./keys.ts";
import { OWN_SESSION_CLAIM } from "./reading-claims.ts";

interface TokenToIssue {
  readonly subject: string;
  readonly sessionId?: string;
  /** Words separated by spaces. */
  readonly scope?: string;
  /** Epoch milliseconds; a JWT holds whole seconds, so it is rounded down. */
  readonly expiresAt: number;
}

/** Signs the tokens of this service: HS256 with its own secret, and nothing else. */
export interface TokenIssuer {
  issue(token: TokenToIssue): string;
}

/**
 * @param secret the newest of `TOKEN_SECRET`
 * @param deps.now epoch milliseconds
 */
export function createTokenIssuer(secret: string, deps: { readonly now: () => number }): TokenIssuer {
  const key = secretKey(secret);
  return {
    issue({ subject, sessionId, scope, expiresAt }) {
      const payload = {
        iss: OWN_ISSUER,
        sub: subject,
        ...(sessionId === undefined ? {} : { [OWN_SESSION_CLAIM]: sessionId }),
        ...(scope === undefined ? {} : { scope }),
        iat: Math.floor(deps.now() / 1000),
        exp: Math.floor(expiresAt / 1000),
      };
      return jsonWebToken().sign(payload, key, { algorithm: "HS256" });
    },
  };
}
