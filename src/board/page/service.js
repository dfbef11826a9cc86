/** An answer that is a problem (RFC 9457), or no answer at all. */
export class Failure extends Error {
  constructor(problem, retryAfter = 0) {
    super(problem.title);
    this.code = problem.code;
    this.title = problem.title;
    this.detail = problem.detail;
    this.retcode = problem.retcode;
    this.errors = problem.errors ?? [];
    this.retryAfter = retryAfter;
  }

  /** The token or the session is gone: nothing but a new sign-in helps. */
  get endsSession() {
    return /^(token-|session-not-found|session-expired|agent-not-signed-in)/.test(this.code);
  }
}

const NO_ANSWER = { code: "no-answer", title: "The service does not answer", detail: "" };
const WAIT_MS = 20_000;

async function ask(method, path, body) {
  const changing = method !== "GET";
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        ...(changing ? { "X-CSRF": "1" } : {}),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      signal: AbortSignal.timeout(WAIT_MS),
    });
    if (response.ok) return response.status === 204 ? null : await response.json();
  } catch {
    throw new Failure(NO_ANSWER);
  }
  throw await failureOf(response);
}

async function failureOf(response) {
  const problem = await response.json().catch(() => null);
  const retryAfter = Number(response.headers.get("Retry-After")) || 0;
  if (typeof problem?.code === "string") return new Failure(problem, retryAfter);
  // A balancer or a proxy in front speaks for itself.
  return new Failure({ ...NO_ANSWER, title: `The service is not available (${response.status})` }, retryAfter);
}

export const signIn = (credentials, force) => ask("POST", "/session", { ...credentials, force, delivery: "cookie" });

export const session = () => ask("GET", "/session");

export const signOut = (force) => ask("DELETE", force ? "/session?force=true" : "/session");

export const help = async (code) => (await ask("GET", `/problems/${code}`)).help;

/**
 * Why a stream could not be opened: `EventSource` does not say. Null when it can be opened by now.
 */
export async function streamRefusal(path) {
  const leave = new AbortController();
  const late = setTimeout(() => leave.abort(), WAIT_MS);
  try {
    const response = await fetch(path, { cache: "no-store", signal: leave.signal });
    return response.ok ? null : await failureOf(response);
  } catch {
    return new Failure(NO_ANSWER);
  } finally {
    clearTimeout(late);
    leave.abort();
  }
}

/**
 * Whether this browser keeps a cookie as the service sets it (`__Host-` and `Secure`). Over plain http to another
 * machine none does, and Safari not even to its own: better to know before an agent is signed in for nothing.
 */
export function keepsCookies() {
  const probe = `__Host-board-probe=${Date.now()}`;
  const put = (cookie, seconds) => {
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
