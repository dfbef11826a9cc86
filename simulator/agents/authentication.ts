import type { Call } from "../requests/call.ts";
import { SIGN_OUTS } from "../requests/interfaces.ts";
import type { Ledger } from "../requests/ledger.ts";
import type { Settings } from "../settings.ts";
import type { Session } from "./agent.ts";
import type { Sessions } from "./sessions.ts";

const JSON_IN_UTF8 = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

/** Content-Type is marked mandatory on every interface. Returns whether it is as it should be. */
export function checkContentType(call: Call, ledger: Ledger): boolean {
  const type = call.request.headers["content-type"];
  if (type !== undefined && JSON_IN_UTF8.test(type)) return true;
  const violation = type === undefined ? "missingContentType" : "wrongContentType";
  ledger.record(violation, call.route.agentId, `${call.route.name}: ${type ?? "none"}`);
  return false;
}

/**
 * Every call after sign-in carries the Guid. 100-006: the agent is not signed in; 000-003: it is, and the Guid is
 * missing, wrong or old (the vendor's pages allow either code; its own backend for browsers tells them apart so).
 */
export function authenticate(call: Call, settings: Settings, sessions: Sessions, ledger: Ledger): Session | string {
  const { agent, route, request } = call;
  const guid = request.headers.guid;
  const session = agent?.session ?? null;
  if (guid === undefined || Array.isArray(guid) || guid === "") {
    // Asked of nobody who is in, it is how a client looks whether a gateway is there at all.
    const looks = route.name === "agentstatus" && session === null;
    if (!looks) ledger.record("missingGuid", route.agentId, route.name);
    return session === null ? "100-006" : "000-003";
  }
  const former = agent?.former.findLast((old) => old.guid === guid);
  if (agent === null || session === null) {
    if (former?.why === "signed-out" && !SIGN_OUTS.has(route.name)) {
      ledger.record("callAfterSignOut", route.agentId, `${route.name}, ${since(former.at)} after it`);
    }
    return "100-006";
  }
  if (!sessions.accepts(session, guid)) {
    if (former === undefined) ledger.record("unknownGuid", route.agentId, route.name);
    else ledger.record("staleGuid", route.agentId, `${route.name}, ${former.why} ${since(former.at)} before`);
    return "000-003";
  }
  if (settings.requireCookies && !carriesCookies(session, request.headers.cookie)) {
    ledger.record("missingCookie", route.agentId, route.name);
    return "000-003";
  }
  return session;
}

function carriesCookies(session: Session, header: string | undefined): boolean {
  const sent = new Set(header?.split(/;\s*/) ?? []);
  return session.cookies.every((cookie) => sent.has(cookie));
}

function since(then: number): string {
  return `${Math.round(performance.now() - then)} ms`;
}
