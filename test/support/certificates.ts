import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Certified {
  readonly cert: string;
  readonly key: string;
}

interface Certificates {
  readonly root: Certified;
  /** Of the root. */
  readonly intermediate: Certified;
  /** Of the intermediate, for 127.0.0.1 and localhost. */
  readonly server: Certified;
  /** Of the intermediate, for another host. */
  readonly misnamed: Certified;
  /** Of the intermediate, not valid any more. */
  readonly expired: Certified;
  /** Of nobody but itself. */
  readonly selfSigned: Certified;
  /** Of the root, for a client. */
  readonly client: Certified;
}

const HERE = "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n";
const AUTHORITY = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";

/** A private authority with what it could have signed, made by the `openssl` command. */
export async function makeCertificates(): Promise<Certificates> {
  const directory = await mkdtemp(join(tmpdir(), "certificates-"));
  const at = (name: string): string => join(directory, name);
  let serial = 1;

  async function make(name: string, extensions: string, issuer: string | null, validity: string[]): Promise<Certified> {
    await writeFile(at(`${name}.cnf`), extensions);
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", at(`${name}.key`)];
    await run("openssl", ["req", ...key, "-subj", `/CN=${name}`, "-out", at(`${name}.csr`)]);
    const signer =
      issuer === null ? ["-key", at(`${name}.key`)] : ["-CA", at(`${issuer}.pem`), "-CAkey", at(`${issuer}.key`)];
    await run("openssl", [
      ...["x509", "-req", "-in", at(`${name}.csr`), ...signer, "-set_serial", String(serial++)],
      ...["-extfile", at(`${name}.cnf`), "-out", at(`${name}.pem`), ...validity],
    ]);
    const [cert, text] = await Promise.all([readFile(at(`${name}.pem`), "utf8"), readFile(at(`${name}.key`), "utf8")]);
    return { cert, key: text };
  }

  const days = ["-days", "2"];
  const elsewhere = HERE.replace(/^.*$/m, "subjectAltName=DNS:another.example");
  try {
    return {
      root: await make("root", AUTHORITY, null, days),
      intermediate: await make("intermediate", AUTHORITY, "root", days),
      server: await make("server", HERE, "intermediate", days),
      misnamed: await make("misnamed", elsewhere, "intermediate", days),
      expired: await make("expired", HERE, "intermediate", ["-days", "-1"]),
      selfSigned: await make("self-signed", HERE, null, days),
      client: await make("client", "extendedKeyUsage=clientAuth\nbasicConstraints=CA:FALSE\n", "root", days),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
