import { createPublicKey, type webcrypto } from "node:crypto";
import { type Algorithm, algorithmsOf } from "./algorithms.ts";
import type { VerificationKey } from "./keys.ts";

/** The public members of each kind of key (RFC 7518, 6; RFC 8037, 2). Nothing else of a key is read, private parts included. */
const publicMembers: Readonly<Record<string, readonly string[]>> = {
  RSA: ["n", "e"],
  EC: ["crv", "x", "y"],
  OKP: ["crv", "x"],
};

/**
 * The keys of a JSON Web Key Set (RFC 7517) that may check a signature, made into KeyObjects once. A key that cannot be
 * used (symmetric, for encryption, too small, malformed) is left out, and does not spoil the others. A symmetric key in
 * a published set is no secret, so whoever reads the set could sign with it.
 */
export function keysOfSet(
  set: { readonly keys: readonly object[] },
  accepted: readonly Algorithm[],
): readonly VerificationKey[] {
  return set.keys.flatMap((jwk) => keyOf(jwk as Readonly<Record<string, unknown>>, accepted) ?? []);
}

function keyOf(jwk: Readonly<Record<string, unknown>>, accepted: readonly Algorithm[]): VerificationKey | null {
  const { kty, use, alg, kid, key_ops: operations } = jwk;
  const members = typeof kty === "string" && Object.hasOwn(publicMembers, kty) ? publicMembers[kty] : undefined;
  if (members === undefined) return null;
  if (use !== undefined && use !== "sig") return null;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes("verify"))) return null;
  if (kid !== undefined && typeof kid !== "string") return null;
  const material = Object.fromEntries([
    ["kty", kty],
    ...members.map((name) => [name, jwk[name]]),
  ]) as webcrypto.JsonWebKey;
  try {
    const key = createPublicKey({ key: material, format: "jwk" });
    const algorithms = algorithmsOf(key).filter(
      (name) => accepted.includes(name) && (alg === undefined || alg === name),
    );
    return algorithms.length === 0 ? null : { key, algorithms, kid: kid ?? "" };
  } catch {
    return null;
  }
}
