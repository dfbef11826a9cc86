declare const brand: unique symbol;
type Brand<Name extends string> = string & { readonly [brand]: Name };

/** The text of a token's session claim: with the issuer it names one signed-in device. */
export type SessionId = Brand<"SessionId">;

/** A token's `sub`: with the issuer it names one user. */
export type Subject = Brand<"Subject">;

/** Characters of a subject or a session id, as JSON Schema counts them: one may have two of UTF-16's units. */
const LONGEST_NAME = 256;

/** `null` for what may not be one: see {@link isName}. */
export function parseSessionId(value: unknown): SessionId | null {
  return isName(value) ? (value as SessionId) : null;
}

/** `null` for what may not be one: see {@link isName}. */
export function parseSubject(value: unknown): Subject | null {
  return isName(value) ? (value as Subject) : null;
}

/**
 * Whether a subject or session id is of the form that is accepted: 1 to 256 characters of well-formed text without
 * control characters.
 *
 * Control characters could forge a line or a header where a name is written. Half a surrogate pair becomes U+FFFD in
 * UTF-8, so that two different names would be one in the store.
 */
export function isName(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value.length >= 1 &&
    (value.length <= LONGEST_NAME || (value.length <= LONGEST_NAME * 2 && [...value].length <= LONGEST_NAME)) &&
    !/\p{Cc}/u.test(value) &&
    value.isWellFormed()
  );
}
