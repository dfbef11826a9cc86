import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { readText, type Surroundings } from "./files.ts";

export type Checked<T> = { readonly value: T } | { readonly wrong: string };

function readPem(surroundings: Surroundings, path: string): Checked<string> {
  const file = readText(surroundings, surroundings.directory, path);
  if ("missing" in file) return { wrong: "names a file that does not exist" };
  if ("unreadable" in file) return { wrong: file.unreadable };
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(file.text)) return { wrong: "holds a private key, which it must not" };
  return { value: file.text };
}

/** A bundle of one certificate or more; every one has to be readable, so that none is silently not trusted. */
export function readCertificates(surroundings: Surroundings, path: string): Checked<string> {
  const pem = readPem(surroundings, path);
  if ("wrong" in pem) return pem;
  const blocks = pem.value.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) return { wrong: "holds no PEM certificate" };
  try {
    for (const block of blocks) new X509Certificate(block);
  } catch {
    return { wrong: "holds a certificate that cannot be read" };
  }
  return { value: `${blocks.join("\n")}\n` };
}

export interface PublicKey {
  readonly pem: string;
  /** The algorithms that this very key can verify; empty when none that the service knows. */
  readonly algorithms: readonly string[];
}

/** The public key of a token issuer: SPKI, PKCS#1 or a certificate, in PEM. */
export function readPublicKey(surroundings: Surroundings, path: string): Checked<PublicKey> {
  const pem = readPem(surroundings, path);
  if ("wrong" in pem) return pem;
  let key: KeyObject;
  try {
    key = createPublicKey(pem.value);
  } catch {
    return { wrong: "holds no PEM public key" };
  }
  // RFC 7518 section 3.3; NIST SP 800-131A no longer allows shorter keys.
  if (key.asymmetricKeyType?.startsWith("rsa") && (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) {
    return { wrong: "holds an RSA key of less than 2048 bits" };
  }
  const algorithms = algorithmsOf(key);
  if (algorithms.length === 0) return { wrong: "holds a key of a type that no supported algorithm uses" };
  return { value: { pem: key.export({ type: "spki", format: "pem" }).toString(), algorithms } };
}

/** RFC 7518 sections 3.3 to 3.5: an ES algorithm belongs to one curve. */
function algorithmsOf(key: KeyObject): readonly string[] {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
    case "rsa-pss":
      return ["PS256", "PS384", "PS512"];
    case "ec":
      switch (key.asymmetricKeyDetails?.namedCurve) {
        case "prime256v1":
          return ["ES256"];
        case "secp384r1":
          return ["ES384"];
        case "secp521r1":
          return ["ES512"];
        default:
          return [];
      }
    default:
      return [];
  }
}
