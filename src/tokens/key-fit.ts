import { type Algorithm, symmetricAlgorithms } from "./algorithms.ts";
import type { PublicKey } from "./public-keys.ts";

/** RFC 7518 section 3.2: as long as the hash at least. */
export const LEAST_SECRET_BYTES = 32;

/** Says what keeps a text from being a secret that tokens are signed with; null: nothing. */
export const whyNoSecret = (text: string): string | null =>
  Buffer.byteLength(text) < LEAST_SECRET_BYTES ? `must have ${LEAST_SECRET_BYTES} bytes or more` : null;

/**
 * Says what keeps a list of algorithms from being used with keys of this kind; null: nothing. A list that mixes both
 * kinds invites the attack of RFC 8725 section 2.1, a public key used as a shared secret.
 *
 * @param publicKeys where they are at hand: each algorithm needs one that it fits, and each of them an algorithm
 */
export function whyUnfit(
  algorithms: readonly Algorithm[],
  kind: "secrets" | "public-keys" | "jwks",
  publicKeys: readonly PublicKey[] | null = null,
): string | null {
  const isSymmetric = (name: Algorithm): boolean => symmetricAlgorithms.some((symmetric) => symmetric === name);
  if (algorithms.some(isSymmetric) && !algorithms.every(isSymmetric)) {
    return "must not mix symmetric (HS) and asymmetric algorithms";
  }
  if (kind === "secrets") return algorithms.every(isSymmetric) ? null : "must be symmetric (HS) with JWT_SECRET";
  if (algorithms.some(isSymmetric)) return "must be asymmetric with a public key or JWKS";
  if (publicKeys === null) return null;
  const known = new Set<Algorithm>(publicKeys.flatMap((key) => key.algorithms));
  const isUsed = (key: PublicKey): boolean => key.algorithms.some((name) => algorithms.includes(name));
  if (algorithms.every((name) => known.has(name)) && publicKeys.every(isUsed)) return null;
  return `must fit ${publicKeys.length === 1 ? "the key" : "each key"} of JWT_PUBLIC_KEY_FILE: ${[...known].join(", ")}`;
}
