import { createHmac, createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

export type Algorithm = "HS256" | "RS256" | "ES256";

/** A key pair, or a secret, as each contender takes it. */
export interface SigningKey {
  readonly algorithm: Algorithm;
  /** The secret as text, or the private key. */
  readonly signs: string | KeyObject;
  /** The secret as text, or the public key as PEM. */
  readonly verifies: string;
}

export function newKey(algorithm: Algorithm): SigningKey {
  if (algorithm === "HS256") {
    const secret = randomBytes(32).toString("base64url");
    return { algorithm, signs: secret, verifies: secret };
  }
  const encoding = {
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  } as const;
  const { publicKey, privateKey } =
    algorithm === "RS256"
      ? generateKeyPairSync("rsa", { modulusLength: 2_048, ...encoding })
      : generateKeyPairSync("ec", { namedCurve: "P-256", ...encoding });
  return { algorithm, signs: createPrivateKey(privateKey), verifies: publicKey };
}

/** A token as the app's issuer signs it, good for the length of any benchmark. */
export function tokenOf(key: SigningKey, claims: Readonly<Record<string, unknown>>): string {
  const now = Math.floor(Date.now() / 1_000);
  const signed = `${part({ alg: key.algorithm, typ: "JWT" })}.${part({ iat: now, exp: now + 6 * 3_600, ...claims })}`;
  return `${signed}.${signatureOf(key, signed)}`;
}

function signatureOf({ algorithm, signs }: SigningKey, text: string): string {
  if (typeof signs === "string") return createHmac("sha256", signs).update(text).digest("base64url");
  const key = algorithm === "ES256" ? { key: signs, dsaEncoding: "ieee-p1363" as const } : signs;
  return sign("sha256", Buffer.from(text), key).toString("base64url");
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
