import jwt from "jsonwebtoken";
import { Problem } from "../problems.ts";
import type { Algorithm } from "./algorithms.ts";
import { invalid, type UnverifiedToken } from "./compact-token.ts";
import type { VerificationKey } from "./keys.ts";

/** What a token of one issuer has to meet, beside the signature. */
export interface TokenRules {
  readonly algorithms: readonly Algorithm[];
  readonly issuer: string | null;
  readonly audience: string | null;
}

/** Keys tried for one token at most: a key set may hold many, and a token without a key id fits them all. */
const MOST_KEYS_TRIED = 16;

/**
 * The payload of a token signed by one of the keys; `undefined` when none of them has signed it.
 *
 * @param now epoch milliseconds
 * @throws Problem `token-expired`, or `token-invalid` for the algorithm, issuer, audience or `nbf`
 */
export function signedPayload(
  token: UnverifiedToken,
  keys: readonly VerificationKey[],
  rules: TokenRules,
  now: number,
): unknown {
  const algorithm = rules.algorithms.find((name) => name === token.algorithm);
  if (algorithm === undefined) throw invalid("The token's algorithm is not accepted.");
  const fitting = keys.filter(
    (key) => key.algorithms.includes(algorithm) && (key.kid === null || token.kid === null || key.kid === token.kid),
  );
  for (const { key } of fitting.slice(0, MOST_KEYS_TRIED)) {
    try {
      return jwt.verify(token.text, key, {
        algorithms: [algorithm],
        // jsonwebtoken takes 0 for "not given" and looks at the machine's clock instead.
        clockTimestamp: now / 1000 || Number.MIN_VALUE,
        ...(rules.issuer === null ? {} : { issuer: rules.issuer }),
        ...(rules.audience === null ? {} : { audience: rules.audience }),
      });
    } catch (error) {
      const problem = problemPastSignature(error);
      if (problem !== null) throw problem;
    }
  }
  return undefined;
}

/**
 * jsonwebtoken checks the signature first, so any of these says that the key was the right one; whatever else it throws
 * (a signature of the wrong length is a TypeError) says that it was not. Its texts name the expected values and go
 * nowhere.
 */
function problemPastSignature(error: unknown): Problem | null {
  if (error instanceof jwt.TokenExpiredError) return new Problem("token-expired");
  if (error instanceof jwt.NotBeforeError) return invalid("The token is not valid yet.");
  if (!(error instanceof jwt.JsonWebTokenError)) return null;
  if (error.message.startsWith("jwt issuer invalid")) return invalid("The token's issuer is not accepted.");
  if (error.message.startsWith("jwt audience invalid")) return invalid("The token is meant for another audience.");
  if (/^invalid (exp|nbf) value$/.test(error.message)) return invalid("The token's `exp` or `nbf` is not a number.");
  return null;
}
