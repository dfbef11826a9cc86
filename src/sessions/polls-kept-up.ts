import type { Clock } from "./clock.ts";
import type { AgentSession } from "./model.ts";
import type { SessionStore } from "./stores/port.ts";

/** For whoever polls to say that it has heard. It may be gone, and its lease not over yet. */
const MOST_WAITED_MS = 1_000;

interface Deps {
  readonly store: SessionStore;
  readonly clock: Clock;
  /** For how long the sign-out may take. */
  readonly gatewayTimeoutMs: number;
}

/**
 * Signs out while nobody polls: a poll that begins after it is a call that the reference forbids (page 1219). This process
 * begins none under the sign-in lease. The one that polls may be another, and its line to the store a long one: it is told,
 * and waited for until it says that it begins none.
 */
export async function whileNobodyPolls(
  { agentId, signInId }: AgentSession,
  { store, clock, gatewayTimeoutMs }: Deps,
  signOut: () => Promise<void>,
): Promise<void> {
  const tell = (lastsMs: number): Promise<void> =>
    store.publish(agentId, { type: "signing-out", signInId, lastsMs }).catch(() => undefined);
  const heard = new AbortController();
  const [unsubscribe, isPolled] = await Promise.all([
    store
      .subscribe(agentId, (message) => {
        if (message.type === "polls-kept-up" && message.signInId === signInId) heard.abort();
      })
      .catch(() => null),
    store.unheld("poll", [agentId]).then(
      (unheld) => unheld.length === 0,
      () => false,
    ),
  ]);
  await tell(gatewayTimeoutMs + MOST_WAITED_MS);
  if (unsubscribe !== null && isPolled && !heard.signal.aborted)
    await clock.wait(MOST_WAITED_MS, heard.signal).catch(() => undefined);
  unsubscribe?.();
  try {
    await signOut();
  } catch (error) {
    void tell(0);
    throw error;
  }
}
