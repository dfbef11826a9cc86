/** A fault that the engine had once, or would have without one of its lines. */
export interface Fault {
  readonly name: string;
  /** Below src. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Planted one at a time to see that histories can fail. */
export const knownFaults: readonly Fault[] = [
  {
    name: "a moment's refusal is a verdict",
    file: "sessions/keep-alive/refused-guid.ts",
    from: "return goesOn && sentAt - since >= verdictMs;",
    to: "return true;",
  },
  {
    name: "any event of the agent is everybody's",
    file: "sessions/belonging.ts",
    from: "return event.recordId === recordId && event.epoch >= since;",
    to: "return true;",
  },
  {
    name: "polls go on without the lease",
    file: "sessions/keep-alive/held-lease.ts",
    from: "return this.#lost ? 0 :",
    to: "return this.#until > 0 ? 60_000 :",
  },
  {
    name: "sign-ins do not wait for each other",
    file: "sessions/sign-in-lease.ts",
    from: "while (!(await place.look(acquired))) {",
    to: "while (!(await place.look(acquired)) && waitMs < 0) {",
  },
  {
    name: "no pause between two polls",
    file: "sessions/keep-alive/pace.ts",
    from: "this.#notBefore = this.#deps.clock.monotonic() + this.#pauseMs();",
    to: "this.#notBefore = this.#deps.clock.monotonic();",
  },
  {
    name: "a sweep signs out whose sessions live",
    file: "sessions/leaving.ts",
    from: "if (await store.hasSessions(agentId, { counts: () => true, damaged })) return;",
    to: "",
  },
  {
    name: "a revoked one is answered as if it were bound",
    file: "sessions/rebinding.ts",
    from: 'if (outcome === "revoked") return outcome;',
    to: 'if (outcome === "revoked") return { session, before };',
  },
  {
    name: "leaving goes by what a cache believes",
    file: "sessions/sessions.ts",
    from: "this.#parts.lookUp.living(claims, true)",
    to: "this.#parts.lookUp.living(claims)",
  },
  {
    name: "an end leaves no line",
    file: "sessions/leaving.ts",
    from: "log.sessionEnded(ended, reason, actor);",
    to: "",
  },
  {
    name: "a Guid that the store could not take is forgotten",
    file: "sessions/credentials.ts",
    from: "this.#unsaved.set(used.agentId, {",
    to: "new Map<AgentId, Unsaved>().set(used.agentId, {",
  },
  {
    name: "a stream is not looked at before it shows an event",
    file: "sessions/api/session-events.ts",
    from: "await stream.verified();",
    to: "void stream;",
  },
  {
    name: "nobody takes over what nobody polls",
    file: "sessions/keep-alive/keeper.ts",
    from: "room-- > 0 || this.#unheld.isAbandoned(agentId)",
    to: "room-- < -1_000",
  },
  {
    name: "a Guid that has rotated comes back",
    file: "sessions/binding.ts",
    from: 'return agent.state !== "expired" && hasRotated(agent, brought);',
    to: "return false;",
  },
  {
    name: "who waits for a newer Guid asks without a pause",
    file: "sessions/credentials.ts",
    from: "await this.#clock.wait(Math.min(LOOK_AGAIN_MS, left), signal);",
    to: "await this.#clock.wait(Math.min(1, left), signal);",
  },
  {
    name: "a stream that is over is listened for on",
    file: "sessions/api/session-streams.ts",
    from: "stream.onEnd(unsubscribe);",
    to: "void unsubscribe;",
  },
  {
    name: "a listener is not looked at before it is shown a list",
    file: "conferences/audience.ts",
    from: "await stream.verified();",
    to: "void stream;",
  },
  {
    name: "the list of a VDN is shown to whom a backend has bound",
    file: "conferences/conference-lists.ts",
    from: 'if (vdnId === null || bound.session.boundBy !== "sign-in") return own;',
    to: "if (vdnId === null) return own;",
  },
];
