import type { AgentId } from "../../../gateway/identifiers.ts";
import type {
  AgentSession,
  AppSession,
  Issuer,
  NewAgentSession,
  SessionBinding,
  SessionKey,
  Subject,
} from "../../model.ts";
import type { Sealer } from "../../sealing.ts";
import type { AgentEvent, AgentMessage, StoredEvent, Unsubscribe } from "../agent-messages.ts";
import type {
  AgentAndHolder,
  BindConditions,
  BindOutcome,
  InstanceReport,
  Lease,
  LeaseRequest,
  Revocations,
  SessionPage,
  SessionQuery,
  SessionStore,
  SessionsThatCount,
  StoreOptions,
  Unreadable,
} from "../port.ts";
import type { RedisAddress } from "./address.ts";
import { type RedisParts, redisParts } from "./parts.ts";

/** Sessions in Redis or Valkey, for any number of instances. */
export class RedisStore implements SessionStore {
  readonly sealer: Sealer;
  readonly timeIsShared = true;
  readonly #parts: RedisParts;

  /** @param prefix begins every key and channel */
  constructor(address: RedisAddress, prefix: string, options: StoreOptions) {
    this.#parts = redisParts(address, prefix, options);
    this.sealer = this.#parts.sealer;
  }

  /**
   * Settles when Redis is connected, or after a few seconds without: the store then goes on trying by itself.
   *
   * @throws {@link StoreRefused} where it belongs to another installation
   */
  async start(): Promise<void> {
    try {
      await Promise.all([this.#parts.commands.start(), this.#parts.reads.start(), this.#parts.listening.start()]);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  getSession(key: SessionKey, options?: { readonly fresh?: boolean }): Promise<AppSession | null> {
    return this.#parts.sessions.get(key, options?.fresh ?? false);
  }
  bindSession(session: AppSession, conditions: BindConditions): Promise<BindOutcome> {
    return this.#parts.sessions.bind(session, conditions);
  }
  touchSession(binding: SessionBinding, lastUsedAt: number): Promise<boolean> {
    return this.#parts.sessions.touch(binding, lastUsedAt);
  }
  deleteSession(binding: SessionBinding, ifLastUsedAt: number = Number.MAX_SAFE_INTEGER): Promise<AppSession | null> {
    return this.#parts.sessions.delete(binding, ifLastUsedAt);
  }
  revocations(key: SessionKey, subject: Subject | null): Promise<Revocations> {
    return this.#parts.revocations.read(key, subject);
  }
  revokeSession(key: SessionKey): Promise<AppSession | null> {
    return this.#parts.revocations.session(key);
  }
  revokeSubject(issuer: Issuer, subject: Subject): Promise<AppSession[]> {
    return this.#parts.revocations.subject(issuer, subject);
  }
  sessionsOfAgent(agentId: AgentId): Promise<AppSession[]> {
    return this.#parts.sessions.ofAgent(agentId);
  }
  hasSessions(agentId: AgentId, which: SessionsThatCount): Promise<boolean> {
    return this.#parts.sessions.hasAny(agentId, which);
  }
  listSessions(query: SessionQuery): Promise<SessionPage> {
    return this.#parts.sessions.list(query);
  }

  getAgent(agentId: AgentId, options?: { readonly fresh?: boolean }): Promise<AgentSession | null> {
    return this.#parts.agents.get(agentId, options?.fresh ?? false);
  }
  getAgents(agentIds: readonly AgentId[]): Promise<ReadonlyMap<AgentId, AgentSession | Unreadable>> {
    return this.#parts.agents.getMany(agentIds);
  }
  getAgentAndHolder(agentId: AgentId): Promise<AgentAndHolder> {
    return this.#parts.agents.getWithHolder(agentId);
  }
  createAgent(agent: NewAgentSession): Promise<AgentSession | null> {
    return this.#parts.agents.create(agent);
  }
  updateAgent(agent: AgentSession): Promise<AgentSession | null> {
    return this.#parts.agents.update(agent);
  }
  deleteAgent(agentId: AgentId, signInId: string): Promise<boolean> {
    return this.#parts.agents.delete(agentId, signInId);
  }
  agentIds(): Promise<AgentId[]> {
    return this.#parts.agents.ids();
  }

  sendCommand(key: string, command: readonly string[]): Promise<unknown> {
    return this.#parts.strays.clearing(key, "string", () => this.#parts.commands.send(key, command));
  }

  acquireLease(lease: Lease, owner: string, ttlMs: number): Promise<boolean> {
    return this.#parts.leases.acquire(lease, owner, ttlMs);
  }
  async acquireLeases(kind: Lease["kind"], asked: readonly LeaseRequest[], ttlMs: number): Promise<(boolean | null)[]> {
    const taken = await this.#parts.leases.acquireMany(kind, asked, ttlMs);
    const held = asked.filter((_, at) => taken[at]).map(({ agentId }) => agentId);
    if (kind === "poll") await this.#parts.agents.enterAgain(held).catch(() => undefined);
    return taken;
  }
  releaseLease(lease: Lease, owner: string): Promise<void> {
    return this.#parts.leases.release(lease, owner);
  }
  unheld(kind: Lease["kind"], agentIds: readonly AgentId[]): Promise<AgentId[]> {
    return this.#parts.leases.unheld(kind, agentIds);
  }
  lastPolls(agentIds: readonly AgentId[]): Promise<ReadonlyMap<AgentId, number>> {
    return this.#parts.leases.lastPolls(agentIds);
  }
  announceInstance(report: InstanceReport, ttlMs: number): Promise<InstanceReport[]> {
    return this.#parts.leases.announce(report, ttlMs);
  }
  instances(): Promise<InstanceReport[]> {
    return this.#parts.leases.instances();
  }

  publish(agentId: AgentId, message: AgentMessage): Promise<void> {
    return this.#parts.messages.publish(agentId, message);
  }
  subscribe(agentId: AgentId, listener: (message: AgentMessage) => void): Promise<Unsubscribe> {
    return this.#parts.messages.subscribe(agentId, listener);
  }
  appendEvent(agentId: AgentId, event: AgentEvent): Promise<string> {
    return this.#parts.messages.append(agentId, event);
  }
  eventsAfter(agentId: AgentId, afterId: string): Promise<StoredEvent[]> {
    return this.#parts.messages.after(agentId, afterId);
  }
  forgetEvents(agentId: AgentId): Promise<void> {
    return this.#parts.messages.forget(agentId);
  }

  time(): Promise<number> {
    return this.#parts.signs.time();
  }
  pingRead(): Promise<void> {
    return this.#parts.signs.read();
  }
  pingWrite(): Promise<void> {
    return this.#parts.signs.write();
  }

  async close(): Promise<void> {
    this.#parts.olderKeys?.close();
    this.#parts.messages.close();
    await Promise.all([this.#parts.commands.close(), this.#parts.reads.close(), this.#parts.listening.close()]);
  }
}
