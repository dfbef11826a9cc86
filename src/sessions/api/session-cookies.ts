import { type Claims, expiredToken, invalidCookie, parseSessionId, parseSubject } from "../../tokens/index.ts";
import { type AppSession, bindingNameOf } from "../model.ts";
import { SealBroken, type Sealer } from "../sealing.ts";

/** Bytes: browsers keep no longer cookie (RFC 6265bis, 5.6). */
const LONGEST = 4_096;

const BINDING = { purpose: "session cookie", name: "app" } as const;

/** What the value of the cookie says, in few letters: session, subject, which of those that bear the name, end. */
interface Content {
  readonly s: string;
  readonly u: string;
  readonly b: string;
  readonly e: number;
}

interface Deps {
  /** Of the store: what one instance has sealed opens on every other, and after a restart. */
  readonly sealer: Pick<Sealer, "seal" | "open">;
  /** Epoch milliseconds, of the clock that tokens are judged by. */
  readonly now: () => number;
  /** When the session ends however it is used, in epoch milliseconds. */
  readonly latestEnd: (session: AppSession) => number;
}

/**
 * Cookies for sessions of the outside issuer's tokens, so that a browser need not keep its JWT. The value is no JWT: it is
 * sealed with the keys of the store, names the session and the subject that the JWT proved, and grants no right. It proves
 * nobody at a sign-in, and ends with the session that it was given for, also where another bears the same name later.
 */
export class SessionCookies {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Whether the value of a cookie is one of these; a JWT has dots. */
  static isSealed(value: string): boolean {
    return !value.includes(".");
  }

  /** @param proven what the JWT said that the sign-in came with */
  seal(session: AppSession, proven: Claims): { readonly value: string; readonly expiresAt: number } {
    const latest = this.#deps.latestEnd(session);
    // A session of nobody's in particular does not end when a subject is revoked: its cookie ends with the JWT instead.
    const expiresAt = session.subject === null ? Math.min(latest, proven.expiresAt) : latest;
    const content: Content = { s: session.sessionId, u: proven.subject, b: bindingNameOf(session), e: expiresAt };
    return { value: this.#deps.sealer.seal(BINDING, JSON.stringify(content)), expiresAt };
  }

  /** @throws `token-invalid` for what was not sealed here, `token-expired` */
  open(value: string): Claims {
    const { s, u, b, e } = this.#contentOf(value);
    const sessionId = parseSessionId(s);
    const subject = parseSubject(u);
    if (sessionId === null || subject === null) throw invalidCookie("The session cookie is not one of this service.");
    if (this.#deps.now() >= e) throw expiredToken();
    return { issuer: "app", subject, sessionId, scopes: new Set(), expiresAt: e, binding: b };
  }

  #contentOf(value: string): Content {
    try {
      if (value.length > LONGEST) throw new SealBroken("damaged");
      return JSON.parse(this.#deps.sealer.open(BINDING, value)) as Content;
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      throw invalidCookie("The session cookie is not one of this service.");
    }
  }
}
