import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { type PublicKey, readPublicKeys, whyNotPublic } from "../tokens/index.ts";
import { readText, type Surroundings } from "./files.ts";

export type Checked<T> = { readonly value: T } | { readonly wrong: string };

function readPem(surroundings: Surroundings, path: string): Checked<string> {
  const file = readText(surroundings, surroundings.directory, path);
  if ("missing" in file) return { wrong: "names a file that does not exist" };
  if ("unreadable" in file) return { wrong: file.unreadable };
  // A copy that ended too soon would lose its last key or certificate without a word.
  const [begun, ended] = ["BEGIN", "END"].map((word) => file.text.split(`-----${word} `).length);
  return begun === ended ? { value: file.text } : { wrong: "holds a key or certificate that is cut off" };
}

/** A bundle of one certificate or more; every one has to be readable, so that none is silently not trusted. */
export function readCertificates(surroundings: Surroundings, path: string): Checked<string> {
  const pem = readPem(surroundings, path);
  if ("wrong" in pem) return pem;
  const wrong = whyNotPublic(pem.value);
  return wrong === null ? certificatesIn(pem.value) : { wrong };
}

function certificatesIn(pem: string): Checked<string> {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) return { wrong: "holds no PEM certificate" };
  try {
    for (const block of blocks) new X509Certificate(block);
  } catch {
    return { wrong: "holds a certificate that cannot be read" };
  }
  return { value: `${blocks.join("\n")}\n` };
}

/** The certificate that this service shows, with its chain; its key may be in the same file. */
export function readOwnCertificate(surroundings: Surroundings, path: string): Checked<string> {
  const pem = readPem(surroundings, path);
  return "wrong" in pem ? pem : certificatesIn(pem.value);
}

/**
 * @param certificates whose first one the key has to fit; null: not known
 * @param where they come from, for the operator
 */
export function readOwnKey(
  surroundings: Surroundings,
  path: string,
  certificates: string | null,
  where: string,
): Checked<string> {
  const pem = readPem(surroundings, path);
  if ("wrong" in pem) return pem;
  const [block] = pem.value.match(/-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----[\s\S]*?-----END \1-----/) ?? [];
  if (block === undefined) return { wrong: "holds no PEM private key" };
  let key: KeyObject;
  try {
    key = createPrivateKey(block);
  } catch {
    return { wrong: "holds a private key that cannot be read: it must have no passphrase" };
  }
  if (certificates !== null && !new X509Certificate(certificates).checkPrivateKey(key)) {
    return { wrong: `is not the key of the first certificate in ${where}` };
  }
  return { value: `${block}\n` };
}

/** The public keys of a token issuer; what they must be is the tokens' to say. */
export function readIssuerKeys(
  surroundings: Surroundings,
  path: string,
): Checked<readonly [PublicKey, ...PublicKey[]]> {
  const pem = readPem(surroundings, path);
  if ("wrong" in pem) return pem;
  const read = readPublicKeys(pem.value);
  return "wrong" in read ? read : { value: read.keys };
}
