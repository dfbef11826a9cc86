import type { AgentId } from "../../src/gateway/identifiers.ts";
import type {
  AgentSession,
  AppSession,
  Issuer,
  NewAgentSession,
  SessionBinding,
  SessionKey,
  Subject,
} from "../../src/sessions/model.ts";
import { Sealer } from "../../src/sessions/sealing.ts";
import type { AgentEvent, AgentMessage, Unsubscribe } from "../../src/sessions/stores/agent-messages.ts";
import type {
  BindConditions,
  InstanceReport,
  Lease,
  LeaseRequest,
  SessionQuery,
  SessionStore,
  SessionsThatCount,
} from "../../src/sessions/stores/port.ts";
import { type StoreModel, sessionName } from "./store-model.ts";

/** One command to the store. */
export interface StoreCommand<T> {
  readonly name: string;
  /** What it is about, for a story. */
  readonly about: string;
  /** `no`; or a write: one that a full store refuses, or one that it still takes. */
  readonly writes: "no" | "more" | "no-more";
  /** Of several commands of one connection the first comes first. */
  readonly link: "commands" | "reads";
  /** @param isFull the store takes no write that needs memory */
  run(model: StoreModel, isFull: boolean): T;
}

/** How commands reach the store, and messages whoever listens. */
export interface StoreWire {
  ask<T>(command: StoreCommand<T>): Promise<T>;
  listen(agentId: AgentId, listener: (message: AgentMessage) => void): Promise<Unsubscribe>;
  /** A value that was read lately and that nothing is known to have replaced; undefined where there is none. */
  readonly cached: <T>(name: string) => T | undefined;
  readonly keep: (name: string, value: unknown) => void;
  readonly drop: (name: string) => void;
  /** Epoch milliseconds of this machine, where the store has no clock of its own. */
  readonly machineTime?: () => number;
  close(): void;
}

type Fresh = { readonly fresh?: boolean } | undefined;

/** The stores' port as one instance has it: each of its promises is a command on a wire. */
export class StoreLine implements SessionStore {
  readonly timeIsShared: boolean;
  /** No cookie is sealed in a history. */
  readonly sealer = new Sealer([new Uint8Array(32)]);
  readonly #wire: StoreWire;

  constructor(wire: StoreWire) {
    this.#wire = wire;
    this.timeIsShared = wire.machineTime === undefined;
  }

  getSession(key: SessionKey, options?: Fresh): Promise<AppSession | null> {
    const name = `session ${sessionName(key)}`;
    return this.#read(name, options, (model) => model.getSession(key));
  }
  bindSession(session: AppSession, conditions: BindConditions) {
    return this.#change(`session ${sessionName(session)}`, "bind", "more", (model) =>
      model.bindSession(session, conditions),
    );
  }
  touchSession(binding: SessionBinding, lastUsedAt: number) {
    return this.#change(`session ${sessionName(binding)}`, "touch", "more", (model) =>
      model.touchSession(binding, lastUsedAt),
    );
  }
  deleteSession(binding: SessionBinding, ifLastUsedAt: number = Number.MAX_SAFE_INTEGER) {
    return this.#change(`session ${sessionName(binding)}`, "delete", "no-more", (model) =>
      model.deleteSession(binding, ifLastUsedAt),
    );
  }
  revocations(key: SessionKey, subject: Subject | null) {
    return this.#ask("revocations", sessionName(key), "no", (model) => model.revocations(key, subject));
  }
  revokeSession(key: SessionKey) {
    return this.#change(`session ${sessionName(key)}`, "revoke", "more", (model) => model.revokeSession(key));
  }
  revokeSubject(issuer: Issuer, subject: Subject) {
    return this.#ask("revoke-subject", `${issuer} ${subject}`, "more", (model) => {
      const revoked = model.revokeSubject(issuer, subject);
      for (const session of revoked) this.#wire.drop(`session ${sessionName(session)}`);
      return revoked;
    });
  }
  sessionsOfAgent(agentId: AgentId) {
    return this.#ask("sessions-of-agent", agentId, "no", (model) => model.sessionsOfAgent(agentId));
  }
  hasSessions(agentId: AgentId, which: SessionsThatCount) {
    return this.#ask("has-sessions", agentId, "no", (model) => model.hasSessions(agentId, which));
  }
  listSessions(query: SessionQuery) {
    return this.#ask("list-sessions", "", "no", (model) => model.listSessions(query));
  }

  getAgent(agentId: AgentId, options?: Fresh): Promise<AgentSession | null> {
    return this.#read(`agent ${agentId}`, options, (model) => model.getAgent(agentId));
  }
  getAgents(agentIds: readonly AgentId[]) {
    return this.#ask("agents", agentIds.join(" "), "no", (model) => model.getAgents(agentIds));
  }
  getAgentAndHolder(agentId: AgentId) {
    return this.#ask("agent-and-holder", agentId, "no", (model) => model.getAgentAndHolder(agentId));
  }
  createAgent(agent: NewAgentSession) {
    return this.#change(`agent ${agent.agentId}`, "create", "more", (model) => model.createAgent(agent));
  }
  updateAgent(agent: AgentSession) {
    return this.#change(`agent ${agent.agentId}`, "update", "more", (model) => model.updateAgent(agent));
  }
  deleteAgent(agentId: AgentId, signInId: string) {
    return this.#change(`agent ${agentId}`, "delete", "no-more", (model) => model.deleteAgent(agentId, signInId));
  }
  agentIds() {
    return this.#ask("agent-ids", "", "no", (model) => model.agentIds());
  }

  acquireLease(lease: Lease, owner: string, ttlMs: number) {
    const about = `${lease.kind} ${lease.agentId}`;
    return this.#ask("acquire", about, "more", (model) => model.leases.acquire(lease, owner, ttlMs));
  }
  acquireLeases(kind: Lease["kind"], asked: readonly LeaseRequest[], ttlMs: number) {
    const about = `${kind} ${asked.map(({ agentId }) => agentId).join(" ")}`;
    return this.#ask("acquire-many", about, "no-more", (model, isFull) =>
      model.leases.acquireMany(kind, asked, ttlMs, isFull),
    );
  }
  releaseLease(lease: Lease, owner: string) {
    const about = `${lease.kind} ${lease.agentId}`;
    return this.#ask("release", about, "no-more", (model) => model.leases.release(lease, owner));
  }
  unheld(kind: Lease["kind"], agentIds: readonly AgentId[]) {
    return this.#ask("unheld", kind, "no", (model) => model.leases.unheld(kind, agentIds));
  }
  lastPolls(agentIds: readonly AgentId[]) {
    return this.#ask("last-polls", "", "no", (model) => model.leases.lastPolls(agentIds));
  }

  announceInstance(report: InstanceReport, ttlMs: number) {
    return this.#ask("announce", report.owner, "more", (model) => model.leases.announce(report, ttlMs));
  }
  instances() {
    return this.#ask("instances", "", "no", (model) => model.leases.instances());
  }

  publish(agentId: AgentId, message: AgentMessage) {
    return this.#ask("publish", `${message.type} of ${agentId}`, "no-more", (model) => model.publish(agentId, message));
  }
  subscribe(agentId: AgentId, listener: (message: AgentMessage) => void) {
    return this.#wire.listen(agentId, listener);
  }
  appendEvent(agentId: AgentId, event: AgentEvent) {
    return this.#ask("append-event", agentId, "more", (model) => model.appendEvent(agentId, event));
  }
  eventsAfter(agentId: AgentId, afterId: string) {
    return this.#ask("events-after", agentId, "no", (model) => model.events.after(agentId, afterId));
  }
  forgetEvents(agentId: AgentId) {
    return this.#ask("forget-events", agentId, "no-more", (model) => model.events.forget(agentId));
  }

  time() {
    const { machineTime } = this.#wire;
    return this.#ask("time", "", "no", (model) => machineTime?.() ?? model.time());
  }
  pingRead() {
    return this.#ask("ping-read", "", "no", () => undefined);
  }
  pingWrite() {
    return this.#ask("ping-write", "", "more", () => undefined);
  }
  async close(): Promise<void> {
    this.#wire.close();
  }

  async #read<T>(name: string, options: Fresh, run: (model: StoreModel) => T): Promise<T> {
    const cached = options?.fresh ? undefined : this.#wire.cached<T>(name);
    if (cached !== undefined) return cached;
    return this.#wire.ask({
      name: "get",
      about: name,
      writes: "no",
      link: "reads",
      run: (model) => {
        const value = run(model);
        if (value !== null) this.#wire.keep(name, value);
        return value;
      },
    });
  }

  /** Our own write is seen by our own next read, also where its answer does not come. */
  async #change<T>(
    about: string,
    name: string,
    writes: StoreCommand<T>["writes"],
    run: (model: StoreModel) => T,
  ): Promise<T> {
    try {
      return await this.#ask(name, about, writes, run);
    } finally {
      this.#wire.drop(about);
    }
  }

  #ask<T>(
    name: string,
    about: string,
    writes: StoreCommand<T>["writes"],
    run: (model: StoreModel, isFull: boolean) => T,
  ): Promise<T> {
    return this.#wire.ask({ name, about, writes, link: "commands", run });
  }
}
