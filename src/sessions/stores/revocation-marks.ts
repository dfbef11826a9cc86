import type { Clock } from "../clock.ts";
import type { Issuer, SessionKey, Subject } from "../model.ts";
import { REVOKED_MS, type Revocations } from "./port.ts";

interface Mark {
  readonly id: string;
  /** A reading of the monotonic clock. */
  readonly until: number;
}

/** Who was revoked lately, where one process has the whole store: what it forgets at its end nobody has begun to bind. */
export class RevocationMarks {
  readonly #clock: Clock;
  readonly #marks = new Map<string, Mark>();
  #number = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  read(key: SessionKey, subject: Subject | null): Revocations {
    return {
      session: this.#id(sessionMark(key)),
      subject: subject === null ? null : this.#id(subjectMark(key.issuer, subject)),
    };
  }

  /** Whether somebody was revoked since `before` was read. A mark that is over tells nothing. */
  changed(before: Revocations, key: SessionKey, subject: Subject | null): boolean {
    const now = this.read(key, subject);
    return isNew(now.session, before.session) || isNew(now.subject, before.subject);
  }

  markSession(key: SessionKey): void {
    this.#mark(sessionMark(key));
  }

  markSubject(issuer: Issuer, subject: Subject): void {
    this.#mark(subjectMark(issuer, subject));
  }

  #mark(name: string): void {
    const now = this.#clock.monotonic();
    // The oldest first, since all last equally long.
    for (const [marked, { until }] of this.#marks) {
      if (until > now) break;
      this.#marks.delete(marked);
    }
    this.#marks.delete(name);
    this.#number += 1;
    this.#marks.set(name, { id: String(this.#number), until: now + REVOKED_MS });
  }

  #id(name: string): string | null {
    const mark = this.#marks.get(name);
    return mark === undefined || mark.until <= this.#clock.monotonic() ? null : mark.id;
  }
}

const isNew = (now: string | null, before: string | null): boolean => now !== null && now !== before;

const sessionMark = ({ issuer, sessionId }: SessionKey): string => `session ${issuer} ${sessionId}`;
const subjectMark = (issuer: Issuer, subject: Subject): string => `subject ${issuer} ${subject}`;
