import type { PublicKey } from "../tokens/index.ts";
import type { Surroundings } from "./files.ts";
import { type Checked, readCertificates, readIssuerKeys, readOwnCertificate, readOwnKey } from "./keys.ts";
import type { Mistake } from "./mistakes.ts";
import type { Values } from "./settings.ts";

/** What is in the files that variables name; null where none is named, or what is there is mistaken. */
export interface NamedFiles {
  readonly gatewayCa: string | null;
  readonly clientCertificate: { readonly certificate: string; readonly key: string } | null;
  readonly issuerCa: string | null;
  readonly issuerKeys: readonly PublicKey[] | null;
}

type FileName = "GATEWAY_CA_FILE" | "GATEWAY_CERT_FILE" | "GATEWAY_KEY_FILE" | "JWT_CA_FILE" | "JWT_PUBLIC_KEY_FILE";

export function readNamedFiles(values: Values, surroundings: Surroundings, mistakes: Mistake[]): NamedFiles {
  const read = <T>(name: FileName, reader: (surroundings: Surroundings, path: string) => Checked<T>): T | null => {
    const path = values[name];
    if (path === undefined) return null;
    const checked = reader(surroundings, path);
    if ("value" in checked) return checked.value;
    mistakes.push({ name, message: checked.wrong });
    return null;
  };
  const certificate = read("GATEWAY_CERT_FILE", readOwnCertificate);
  const key = read("GATEWAY_KEY_FILE", (here, path) => readOwnKey(here, path, certificate, "GATEWAY_CERT_FILE"));
  return {
    gatewayCa: read("GATEWAY_CA_FILE", readCertificates),
    clientCertificate: certificate === null || key === null ? null : { certificate, key },
    issuerCa: read("JWT_CA_FILE", readCertificates),
    issuerKeys: read("JWT_PUBLIC_KEY_FILE", readIssuerKeys),
  };
}
