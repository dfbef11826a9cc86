import { X509Certificate } from "node:crypto";
import { type PublicKey, readPublicKeys } from "../tokens/index.ts";
import { readText, type Surroundings } from "./files.ts";

export type Checked<T> = { readonly value: T } | { readonly wrong: string };

function readPem(surroundings: Surroundings, path: string): Checked<string> {
  const file = readText(surroundings, surroundings.directory, path);
  if ("missing" in file) return { wrong: "names a file that does not exist" };
  if ("unreadable" in file) return { wrong: file.unreadable };
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(file.text))
    return { wrong: "holds a private key, which it must not" };
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
