import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";

/**
 * The system's authorities, those that come with Node, and the site's own bundle: gateways mostly carry a certificate
 * of a private authority. Made once: a context of some 300 certificates costs tens of milliseconds, too much for each
 * new connection.
 */
export function trustedContext(sitePem: string | null): SecureContext {
  const authorities = new Set([...getCACertificates("default"), ...getCACertificates("system")]);
  if (sitePem !== null) authorities.add(sitePem);
  return createSecureContext({ ca: [...authorities] });
}
