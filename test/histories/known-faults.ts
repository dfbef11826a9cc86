/** A fault that the engine had once, or would have without one of its lines. */
export interface Fault {
  readonly name: string;
  /** Below src/sessions. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Planted one at a time to see that histories can fail. */
export const knownFaults: readonly Fault[] = [
  {
    name: "a moment's refusal is a verdict",
    file: "keep-alive/refused-guid.ts",
    from: "return now - since >= this.#deps.verdictMs;",
    to: "return true;",
  },
  {
    name: "any event of the agent is everybody's",
    file: "belonging.ts",
    from: "return event.recordId === recordId && event.epoch >= since;",
    to: "return true;",
  },
  {
    name: "polls go on without the lease",
    file: "keep-alive/held-lease.ts",
    from: "return this.#lost ? 0 :",
    to: "return this.#until > 0 ? 60_000 :",
  },
  {
    name: "sign-ins do not wait for each other",
    file: "sign-in-lease.ts",
    from: "while (!(await acquired())) {",
    to: "while (!(await acquired()) && waitMs < 0) {",
  },
  {
    name: "no pause between two polls",
    file: "keep-alive/pace.ts",
    from: "this.#notBefore = this.#deps.clock.monotonic() + this.#pauseMs();",
    to: "this.#notBefore = this.#deps.clock.monotonic();",
  },
  {
    name: "a sweep signs out whose sessions live",
    file: "leaving.ts",
    from: "if (await store.hasSessions(agentId, { counts: () => true, damaged })) return;",
    to: "",
  },
  {
    name: "a revoked one is answered as if it were bound",
    file: "rebinding.ts",
    from: 'if (outcome === "revoked") return outcome;',
    to: 'if (outcome === "revoked") return { before };',
  },
  {
    name: "leaving goes by what a cache believes",
    file: "sessions.ts",
    from: "this.#lookUp.living(claims, true)",
    to: "this.#lookUp.living(claims)",
  },
  {
    name: "an end leaves no line",
    file: "leaving.ts",
    from: "log.sessionEnded(ended, reason, actor);",
    to: "",
  },
  {
    name: "a Guid that the store could not take is forgotten",
    file: "credentials.ts",
    from: "this.#unsaved.set(used.agentId, renewedBy(known, renewal));",
    to: "",
  },
  {
    name: "a stream is not looked at before it shows an event",
    file: "api/session-events.ts",
    from: "await stream.verified();",
    to: "void stream;",
  },
  {
    name: "nobody takes over what nobody polls",
    file: "keep-alive/keeper.ts",
    from: "room-- > 0 || this.#unheld.isAbandoned(agentId)",
    to: "room-- < -1_000",
  },
  {
    name: "a Guid that has rotated comes back",
    file: "binding.ts",
    from: 'return agent.state !== "expired" && hasRotated(agent, brought);',
    to: "return false;",
  },
];
