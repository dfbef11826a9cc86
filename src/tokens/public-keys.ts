import { createPublicKey, type KeyObject } from "node:crypto";
import { type AsymmetricAlgorithm, algorithmsOf } from "./algorithms.ts";

/** A public key of a token issuer, with the algorithms that it may check. */
export interface PublicKey {
  readonly key: KeyObject;
  readonly algorithms: readonly AsymmetricAlgorithm[];
}

/** What may be shown to anybody must not hold a private key; null: it holds none. */
export const whyNotPublic = (pem: string): string | null =>
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(pem) ? "holds a private key, which it must not" : null;

/**
 * The public keys in a PEM text, SPKI, PKCS#1 or certificates: a second one is announced as the next of a rotation.
 * `wrong` says what the text is instead, and quotes nothing of it.
 */
export function readPublicKeys(
  pem: string,
): { readonly keys: readonly [PublicKey, ...PublicKey[]] } | { readonly wrong: string } {
  const wrong = whyNotPublic(pem);
  if (wrong !== null) return { wrong };
  const blocks = pem.match(/-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----/g) ?? [];
  const keys: PublicKey[] = [];
  for (const block of blocks) {
    const which = blocks.length === 1 ? "" : ` (block ${keys.length + 1} of ${blocks.length})`;
    const key = publicKey(block);
    if (key === null) return { wrong: `holds no PEM public key${which}` };
    const algorithms = algorithmsOf(key);
    if (algorithms.length === 0) return { wrong: `${whyNoAlgorithm(key)}${which}` };
    keys.push({ key, algorithms });
  }
  const [first, ...others] = keys;
  return first === undefined ? { wrong: "holds no PEM public key" } : { keys: [first, ...others] };
}

function publicKey(block: string): KeyObject | null {
  try {
    return createPublicKey(block);
  } catch {
    return null;
  }
}

function whyNoAlgorithm({ asymmetricKeyType }: KeyObject): string {
  switch (asymmetricKeyType) {
    case "rsa":
      return "holds an RSA key of less than 2048 bits";
    case "rsa-pss":
      // Without them, or with two hashes, jsonwebtoken refuses each token: it wants the key to say one algorithm.
      return "holds an RSA-PSS key that is short or whose parameters do not name one hash for both of its parts";
    default:
      return "holds a key of a type that no supported algorithm uses";
  }
}
