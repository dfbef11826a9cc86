import { type AgentSession, type AppSession, boundOver, type NewAppSession } from "./model.ts";
import type { Revocations, SessionStore } from "./stores/port.ts";
import { StoreFault, storeUnavailable } from "./stores/unavailable.ts";

/** Each attempt in vain means that somebody else has bound the key meanwhile: more than that is no coincidence. */
const MOST_ATTEMPTS = 20;

/** What is bound, and what stood there before, or `revoked`: whoever binds has been revoked meanwhile, and nothing was written. */
type Rebound = { readonly session: AppSession; readonly before: AppSession | null } | "revoked";

/**
 * Binds a session over whatever bears its key, by compare-and-set: what is replaced, and so has to be left, is exactly what
 * was read.
 *
 * @param mayReplace throws where what bears the key is somebody else's
 */
export async function rebind(
  store: SessionStore,
  asked: NewAppSession,
  revocations: Revocations,
  mayReplace: (before: AppSession) => void = () => undefined,
): Promise<Rebound> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const before = await store.getSession(asked, { fresh: true });
    if (before !== null) mayReplace(before);
    const session = boundOver(before, asked);
    const outcome = await store.bindSession(session, { over: before, revocations });
    if (outcome === "bound") return { session, before };
    if (outcome === "revoked") return outcome;
  }
  throw storeUnavailable(new StoreFault("BOUND_ANEW", "the session is bound anew all the time"));
}

/**
 * After the session is bound: a replica that was promoted between the two writes has the session and may lack its agent,
 * whom nobody would poll. Under the sign-in lease. A store that is away again says nothing.
 */
export async function insistOnRecord(store: SessionStore, agent: AgentSession): Promise<void> {
  try {
    if ((await store.getAgent(agent.agentId, { fresh: true })) === null) await store.createAgent(agent);
  } catch {
    // What is stored now will be found by whoever asks.
  }
}
