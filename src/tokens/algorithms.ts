import type { KeyObject } from "node:crypto";

/** What is checked with Ed25519, by its old name (RFC 8037) and its new one (RFC 9864). */
const edwards = ["EdDSA", "Ed25519"] as const;

/** All that a token may be signed with; `none` is no signature. */
const symmetric = ["HS256", "HS384", "HS512"] as const;
const asymmetric = [
  ...(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"] as const),
  ...edwards,
] as const;

type SymmetricAlgorithm = (typeof symmetric)[number];
export type AsymmetricAlgorithm = (typeof asymmetric)[number];
export type Algorithm = SymmetricAlgorithm | AsymmetricAlgorithm;

type EdwardsAlgorithm = (typeof edwards)[number];

/** Those of the other families jsonwebtoken checks: its verify.js knows HS, RS, PS and ES alone. */
export const isEdwards = (name: Algorithm): name is EdwardsAlgorithm => edwards.some((one) => one === name);

export const symmetricAlgorithms: readonly SymmetricAlgorithm[] = symmetric;
export const asymmetricAlgorithms: readonly AsymmetricAlgorithm[] = asymmetric;

/** RFC 7518 section 3.3: RSA keys of 2048 bits or more. */
const LEAST_RSA_BITS = 2048;

/** RFC 7518 section 3.4: each ECDSA algorithm has one curve. Names as Node gives them. */
const algorithmOfCurve: Readonly<Record<string, AsymmetricAlgorithm>> = {
  prime256v1: "ES256",
  secp384r1: "ES384",
  secp521r1: "ES512",
};

/**
 * The algorithms that a public key may check. Empty for a key that is too small, on another curve or of another kind:
 * the key alone decides, so a token's header can never bring a key together with an algorithm that is not its own.
 */
export function algorithmsOf(key: KeyObject): readonly AsymmetricAlgorithm[] {
  if (key.type !== "public") return [];
  const details = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "rsa":
      return (details.modulusLength ?? 0) >= LEAST_RSA_BITS
        ? asymmetric.filter((name) => name.startsWith("RS") || name.startsWith("PS"))
        : [];
    case "rsa-pss":
      return (details.modulusLength ?? 0) >= LEAST_RSA_BITS && details.mgf1HashAlgorithm === details.hashAlgorithm
        ? asymmetric.filter((name) => name.startsWith("PS") && details.hashAlgorithm === `sha${name.slice(2)}`)
        : [];
    case "ec": {
      const algorithm = algorithmOfCurve[details.namedCurve ?? ""];
      return algorithm === undefined ? [] : [algorithm];
    }
    case "ed25519":
      return edwards;
    default:
      return [];
  }
}
