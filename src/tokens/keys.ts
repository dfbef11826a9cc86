import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import type { TokenConfig } from "../config.ts";
import { type Algorithm, algorithmsOf, asymmetricAlgorithms, symmetricAlgorithms } from "./algorithms.ts";

/** A key with the algorithms that it may check. */
export interface VerificationKey {
  readonly key: KeyObject;
  readonly algorithms: readonly Algorithm[];
  /** From a key set; null for a configured key, which is tried whatever a token's header names. */
  readonly kid: string | null;
}

type AppConfig = NonNullable<TokenConfig["app"]>;

/** RFC 7518 section 3.2: as long as the hash at least. */
const LEAST_SECRET_BYTES = 32;

/** The key of the tokens that this service issues itself. Throws when the secret is under 32 bytes. */
export function ownKey(secret: string): KeyObject {
  return secretKey(secret, "TOKEN_SECRET");
}

/** The configured algorithms, known to be either all symmetric or all asymmetric and to fit the kind of keys. */
export function acceptedAlgorithms(app: AppConfig): readonly Algorithm[] {
  const known: readonly Algorithm[] = app.keys.kind === "secrets" ? symmetricAlgorithms : asymmetricAlgorithms;
  const accepted = known.filter((name) => app.algorithms.includes(name));
  if (accepted.length === 0 || accepted.length < new Set(app.algorithms).size) {
    throw new Error(`JWT_ALGORITHMS: with this kind of key only ${known.join(", ")} can be used`);
  }
  return accepted;
}

/**
 * The keys that the configuration itself holds, made into KeyObjects once: jsonwebtoken makes one for each call from a
 * text, which costs three to four times the check. A text secret only ever becomes a secret key and a PEM only ever a
 * public one, so a public key cannot serve as an HMAC secret.
 */
export function configuredKeys(app: AppConfig): readonly VerificationKey[] {
  const accepted = acceptedAlgorithms(app);
  switch (app.keys.kind) {
    case "secrets":
      return app.keys.secrets.map((secret) => ({
        key: secretKey(secret, "JWT_SECRET"),
        algorithms: accepted,
        kid: null,
      }));
    case "public-key":
      return publicKeys(app.keys.pem).map((key) => {
        const algorithms = algorithmsOf(key).filter((name) => accepted.includes(name));
        if (algorithms.length === 0) {
          throw new Error(
            "JWT_PUBLIC_KEY_FILE: the key fits none of JWT_ALGORITHMS (RSA from 2048 bits for RS and PS, P-256, P-384, P-521 for ES256, ES384, ES512)",
          );
        }
        return { key, algorithms, kid: null };
      });
    case "jwks":
      return [];
  }
}

function secretKey(secret: string, variable: string): KeyObject {
  const bytes = Buffer.from(secret, "utf8");
  if (bytes.length < LEAST_SECRET_BYTES)
    throw new Error(`${variable}: a secret has ${LEAST_SECRET_BYTES} bytes or more`);
  return createSecretKey(bytes);
}

/** One or more PEM blocks, public keys or certificates: a second one is the next key of a rotation. */
function publicKeys(pem: string): readonly KeyObject[] {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    throw new Error("JWT_PUBLIC_KEY_FILE: holds a private key; give the public one");
  }
  const blocks = pem.match(/-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----/g) ?? [];
  if (blocks.length === 0) throw new Error("JWT_PUBLIC_KEY_FILE: holds no PEM public key");
  return blocks.map((block) => {
    try {
      return createPublicKey(block);
    } catch {
      throw new Error("JWT_PUBLIC_KEY_FILE: cannot be read as a PEM public key");
    }
  });
}
