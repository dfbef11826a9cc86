import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Certificate {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  /** The authority's certificate: what a client has to trust. `null` when the caller brought a certificate alone. */
  readonly caFile: string | null;
  remove(): Promise<void>;
}

/**
 * An authority and a certificate of it, made by the `openssl` command in a directory of their own, good for 30 days.
 * Sites sign theirs with a private authority too, so clients meet the same work: trust a CA file.
 */
export async function makeCertificate(hosts: readonly string[]): Promise<Certificate> {
  const directory = await mkdtemp(join(tmpdir(), "gateway-simulator-"));
  const at = (name: string) => join(directory, name);
  const remove = () => rm(directory, { recursive: true, force: true });
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  try {
    const names = hosts.map((host) => (isIP(host) ? `IP:${host}` : `DNS:${host}`)).join(",");
    await writeFile(
      at("leaf.cnf"),
      `subjectAltName=${names}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n`,
    );
    await run("openssl", [
      ...["req", "-x509", ...ec, "-days", "30", "-subj", "/CN=Gateway simulator authority"],
      ...["-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", at("ca.key"), "-out", at("ca.pem")],
    ]);
    await run("openssl", [
      "req",
      ...ec,
      "-subj",
      "/CN=gateway-simulator",
      "-keyout",
      at("key.pem"),
      "-out",
      at("csr.pem"),
    ]);
    await run("openssl", [
      ...["x509", "-req", "-in", at("csr.pem"), "-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-set_serial", "2"],
      ...["-days", "30", "-extfile", at("leaf.cnf"), "-out", at("cert.pem")],
    ]);
    await rm(at("ca.key"));
    const [key, cert] = await Promise.all([readFile(at("key.pem")), readFile(at("cert.pem"))]);
    return { key, cert, caFile: at("ca.pem"), remove };
  } catch (error) {
    await remove();
    throw new Error("TLS needs the openssl command, or a certificate and key of your own", { cause: error });
  }
}
