import type { Issuer } from "./issuer.ts";
import type { SessionId, Subject } from "./names.ts";

/** What a verified token says. */
export interface Claims {
  readonly issuer: Issuer;
  readonly subject: Subject;
  /** The session claim; null when the token has none (a service token needs none). */
  readonly sessionId: SessionId | null;
  /** The words of the claims that grant rights (`SERVICE_TOKEN_CLAIMS`). */
  readonly scopes: ReadonlySet<string>;
  /** `exp`, in epoch milliseconds. */
  readonly expiresAt: number;
  /** Of what was given out for one binding of the session alone: its name. Left out: whichever bears the session's. */
  readonly binding?: string;
}
