import type { RetcodeRow } from "./refusal.ts";

/** What the gateway client has to be told. */
export interface GatewayOptions {
  /** Without a trailing slash. */
  readonly url: string;
  /** PEM text to trust beside the system's authorities. */
  readonly ca: string | null;
  /** Deadline of one operation, retries included, in ms; event polls apart. */
  readonly timeoutMs: number;
  /** Upstream calls at once. */
  readonly maxConcurrency: number;
  /** The highest agent id of the site. */
  readonly maxAgentId: number;
  /** What each retcode means, a site's own rows over the shipped ones. */
  readonly retcodes: ReadonlyMap<string, RetcodeRow>;
  /** The fields of the sign-in body beside password and phone number (pages 1202, 1203). */
  readonly signInFields: Readonly<Record<string, string | number | boolean>>;
}
