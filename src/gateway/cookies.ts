/**
 * The gateway's cookies, one jar per agent in the form in which they go out. Attributes are ignored, since old sites
 * send `Secure` over plain http; but one that expires a cookie removes it.
 */

const MAX_LENGTH = 4096;
const namePattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;
/** Printable ASCII without `;`: what can stand in the header without ending it. Spaces too, as user agents take them. */
const valuePattern = /^[\x20-\x3a\x3c-\x7e]*$/;

/**
 * The `Cookie` header after an answer.
 * @param header the one that the call carried, `name=value; name=value` or empty
 * @param setCookie the answer's `Set-Cookie` fields; a later one replaces an earlier one of its name
 * @param now epoch milliseconds, for `Expires`
 */
export function mergeCookies(header: string, setCookie: readonly string[] | undefined, now: number): string {
  if (setCookie === undefined || setCookie.length === 0) return header;
  const jar = new Map<string, string>();
  for (const pair of header.split(";")) {
    const cookie = parsePair(pair);
    if (cookie) jar.set(cookie.name, cookie.value);
  }
  for (const field of setCookie) {
    const [pair = "", ...attributes] = field.split(";");
    const cookie = parsePair(pair);
    if (!cookie) continue;
    const before = jar.get(cookie.name);
    jar.delete(cookie.name);
    if (isExpired(attributes, now)) continue;
    jar.set(cookie.name, cookie.value);
    if (write(jar).length <= MAX_LENGTH) continue;
    jar.delete(cookie.name);
    if (before !== undefined) jar.set(cookie.name, before);
  }
  return write(jar);
}

const write = (jar: ReadonlyMap<string, string>): string =>
  Array.from(jar, ([name, value]) => `${name}=${value}`).join("; ");

function parsePair(pair: string): { name: string; value: string } | null {
  const equals = pair.indexOf("=");
  if (equals < 0) return null;
  const name = pair.slice(0, equals).trim();
  const value = pair.slice(equals + 1).trim();
  return namePattern.test(name) && valuePattern.test(value) ? { name, value } : null;
}

/** RFC 6265 section 5.3: `Max-Age` wins over `Expires`. */
function isExpired(attributes: readonly string[], now: number): boolean {
  let expires = false;
  for (const attribute of attributes) {
    const [key = "", value = ""] = attribute.split("=", 2).map((part) => part.trim());
    if (key.toLowerCase() === "max-age" && /^-?[0-9]+$/.test(value)) return Number(value) <= 0;
    if (key.toLowerCase() === "expires") expires = Date.parse(value) <= now;
  }
  return expires;
}
