import type jwt from "jsonwebtoken";
import { type Algorithm, isEdwards } from "./algorithms.ts";
import type { UnverifiedToken } from "./compact-token.ts";
import { jsonWebToken } from "./json-web-token.ts";
import type { VerificationKey } from "./keys.ts";
import { invalid } from "./refusal.ts";

/**
 * `signed`: by one of the keys. `unsigned`: by none of those that the token may mean. `key-unknown`: it names a key, or none
 * by name, that may be one that is not at hand.
 */
export type SignatureVerdict = "signed" | "unsigned" | "key-unknown";

/** Keys tried for one token at most: a key set may hold many, and a token without a key id fits them all. */
const MOST_KEYS_TRIED = 16;

/**
 * Whether one of the keys has signed the token; nothing else of it is looked at.
 *
 * @returns a promise where jose has to check, which goes through WebCrypto
 * @throws Problem `token-invalid` for an algorithm that is not accepted
 */
export function signatureOf(
  token: UnverifiedToken,
  keys: readonly VerificationKey[],
  algorithms: readonly Algorithm[],
): SignatureVerdict | Promise<SignatureVerdict> {
  const algorithm = algorithms.find((name) => name === token.algorithm);
  if (algorithm === undefined) {
    throw invalid("TOKEN_ALGORITHM", "The token's algorithm is not accepted (JWT_ALGORITHMS).");
  }
  const meant = keys.filter(({ kid }) => kid === null || token.kid === null || kid === token.kid);
  const fitting = meant.filter((key) => key.algorithms.includes(algorithm)).slice(0, MOST_KEYS_TRIED);
  const otherwise = token.kid === null || meant.length === 0 ? "key-unknown" : "unsigned";
  if (isEdwards(algorithm)) {
    const tried = Promise.all(fitting.map(({ key }) => joseAccepts(token.text, key, algorithm)));
    return tried.then((each) => (each.includes(true) ? "signed" : otherwise));
  }
  return fitting.some(({ key }) => jsonwebtokenAccepts(token.text, key, algorithm)) ? "signed" : otherwise;
}

/** Whatever it throws (a signature of the wrong length is a TypeError) says that the key was not the right one. */
function jsonwebtokenAccepts(text: string, key: VerificationKey["key"], algorithm: jwt.Algorithm): boolean {
  // What cannot be read at all is no key's fault.
  const { verify } = jsonWebToken();
  try {
    verify(text, key, { algorithms: [algorithm], ignoreExpiration: true, ignoreNotBefore: true });
    return true;
  } catch {
    return false;
  }
}

async function joseAccepts(text: string, key: VerificationKey["key"], algorithm: Algorithm): Promise<boolean> {
  // Read by whom nobody sends such tokens, it would be for nothing.
  const { compactVerify } = await import("jose");
  try {
    await compactVerify(text, key, { algorithms: [algorithm] });
    return true;
  } catch {
    return false;
  }
}
