import { X509Certificate } from "node:crypto";
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";

/** Whom a connection trusts, and who it says that it is. */
export interface Trust {
  /**
   * PEM certificates to trust beside the system's and Node's authorities: an authority, an intermediate or the server's own.
   * Without it a gateway with a certificate of a private authority is not reached.
   */
  readonly ca: string | null;
  /** PEM, for a server that asks its clients for a certificate. Without it such a server ends the handshake. */
  readonly client: { readonly certificate: string; readonly key: string } | null;
}

/**
 * Made once for all connections: a context of some 300 certificates costs tens of milliseconds. Throws on PEM text that
 * cannot be read and on a key that is not the certificate's.
 *
 * A chain may end at any certificate that is named: gateways mostly carry one of a private authority, and who pins the
 * gateway's own certificate or an intermediate trusts less than its authority. Name and validity are checked all the same.
 */
export function secureContextOf({ ca, client }: Trust): SecureContext {
  const authorities = new Set([...getCACertificates("default"), ...getCACertificates("system")]);
  if (ca !== null) for (const one of certificatesOf(ca)) authorities.add(one);
  return createSecureContext({
    ca: [...authorities],
    allowPartialTrustChain: true,
    ...(client && { cert: client.certificate, key: client.key }),
  });
}

const certificate = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** OpenSSL passes over what it cannot read, and the gateway would be found untrusted much later. */
function certificatesOf(pem: string): string[] {
  const found = (pem.match(certificate) ?? []).map((text) => new X509Certificate(text).toString());
  if (found.length === 0) throw new TypeError("there is no certificate in the PEM text");
  return found;
}
