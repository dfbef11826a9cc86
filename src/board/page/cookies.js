/**
 * Whether this browser keeps a cookie as the service sets it (`__Host-` and `Secure`). Over plain http to another
 * machine none does, and Safari not even to its own: better to know before an agent is signed in for nothing.
 */
export function keepsCookies() {
  const probe = `__Host-board-probe=${Date.now()}`;
  const put = (/** @type {string} */ cookie, /** @type {number} */ seconds) => {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API does not exist where this has to say no
    document.cookie = `${cookie}; Secure; Path=/; SameSite=Strict; Max-Age=${seconds}`;
  };
  try {
    put(probe, 5);
    const kept = document.cookie.includes(probe);
    put(probe, 0);
    return kept;
  } catch {
    return false;
  }
}
