import { Problem } from "../problems.ts";
import type { AppSession } from "./model.ts";
import type { Revocations, SessionStore } from "./stores/port.ts";

/** Each attempt in vain means that somebody else has bound the key meanwhile: more than that is no coincidence. */
const MOST_ATTEMPTS = 20;

/** What stood there before, or `revoked`: whoever binds has been revoked meanwhile, and nothing was written. */
export type Rebound = { readonly before: AppSession | null } | "revoked";

/**
 * Binds a session over whatever bears its key, by compare-and-set: what is replaced, and so has to be left, is exactly what
 * was read.
 *
 * @param mayReplace throws where what bears the key is somebody else's
 */
export async function rebind(
  store: SessionStore,
  session: AppSession,
  revocations: Revocations,
  mayReplace: (before: AppSession) => void = () => undefined,
): Promise<Rebound> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const before = await store.getSession(session, { fresh: true });
    if (before !== null) mayReplace(before);
    const outcome = await store.bindSession(session, { over: before, revocations });
    if (outcome === "bound") return { before };
    if (outcome === "revoked") return outcome;
  }
  throw new Problem("session-store-unavailable", { cause: new Error("the session is bound anew all the time") });
}
