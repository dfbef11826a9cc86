import { createSecretKey, type KeyObject } from "node:crypto";
import type { Algorithm } from "./algorithms.ts";
import type { AppIssuerOptions } from "./options.ts";

/** A key with the algorithms that it may check. */
export interface VerificationKey {
  readonly key: KeyObject;
  readonly algorithms: readonly Algorithm[];
  /** From a key set; null for a configured key, which is tried whatever a token's header names. */
  readonly kid: string | null;
}

/**
 * The keys that the configuration itself holds, made into KeyObjects once: jsonwebtoken makes one for each call from a
 * text, which costs three to four times the check. A text secret only ever becomes a secret key and a PEM only ever a
 * public one, so a public key cannot serve as an HMAC secret.
 */
export function configuredKeys({ keys, algorithms }: AppIssuerOptions): readonly VerificationKey[] {
  switch (keys.kind) {
    case "secrets":
      return keys.secrets.map((secret) => ({ key: secretKey(secret), algorithms, kid: null }));
    case "public-keys":
      return keys.keys.map(({ key, algorithms: fitting }) => ({
        key,
        algorithms: fitting.filter((name) => algorithms.includes(name)),
        kid: null,
      }));
    case "jwks":
      return [];
  }
}

export const secretKey = (secret: string): KeyObject => createSecretKey(Buffer.from(secret, "utf8"));
