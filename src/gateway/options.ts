import type { RetcodeRow } from "./refusal.ts";

/** What the gateway client has to be told. */
export interface GatewayOptions {
  /** Without a trailing slash. */
  readonly url: string;
  /** PEM text to trust beside the system's: authorities, intermediates or the server's own certificate. */
  readonly ca: string | null;
  /** PEM texts for a gateway that asks its clients for a certificate; the chain may follow the certificate. */
  readonly clientCertificate: { readonly certificate: string; readonly key: string } | null;
  /** The URL of the proxy on the way to the gateway; may hold a password. Null: there is none, or not for this host. */
  readonly proxy: string | null;
  /** Deadline of one operation, retries included, in ms; event polls apart. */
  readonly timeoutMs: number;
  /** Upstream calls at once. */
  readonly maxConcurrency: number;
  /** The highest agent id of the site. */
  readonly maxAgentId: number;
  /** Whether calls carry the `traceparent` of their span, where traces are on. */
  readonly traceparent: boolean;
  /** What each retcode means, a site's own rows over the shipped ones. */
  readonly retcodes: ReadonlyMap<string, RetcodeRow>;
  /** The fields of the sign-in body beside password and phone number (pages 1202, 1203). */
  readonly signInFields: Readonly<Record<string, string | number | boolean>>;
}
