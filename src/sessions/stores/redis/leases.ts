import type { AgentId } from "../../../gateway/identifiers.ts";
import type { InstanceReport, Lease, LeaseRequest } from "../port.ts";
import { StoreFault, storeUnavailable } from "../unavailable.ts";
import type { Keys } from "./keys.ts";
import type { Link } from "./link.ts";
import * as scripts from "./scripts.ts";
import type { Strays } from "./strays.ts";

const POLLS_KEPT_MS = 3_600_000;

/** Leases and living instances by the clock of Redis. */
export class RedisLeases {
  readonly #commands: Link;
  readonly #keys: Keys;

  readonly #strays: Strays;

  constructor(commands: Link, keys: Keys, strays: Strays) {
    this.#commands = commands;
    this.#keys = keys;
    this.#strays = strays;
  }

  async acquire(lease: Lease, owner: string, ttlMs: number): Promise<boolean> {
    const [taken] = await this.acquireMany(lease.kind, [{ agentId: lease.agentId, owner }], ttlMs);
    if (taken === undefined || taken === null) throw storeUnavailable(new StoreFault("OOM", "Redis takes no more"));
    return taken;
  }

  async acquireMany(kind: Lease["kind"], asked: readonly LeaseRequest[], ttlMs: number): Promise<(boolean | null)[]> {
    const names = asked.map(({ agentId }) => this.#keys.lease({ kind, agentId }));
    const owners = asked.map(({ owner }) => owner);
    const taken = await this.#commands.runEach(scripts.acquireLeases, names, [String(ttlMs)], owners);
    void this.#tellPolls(asked.filter((_, at) => taken[at] === 1)).catch(() => undefined);
    return taken.map((answer) => (answer === -1 ? null : answer === 1));
  }

  /** In one hash for all agents, with a field for each: it goes when nobody has polled for an hour. */
  async #tellPolls(held: readonly LeaseRequest[]): Promise<void> {
    const { polls } = this.#keys;
    const told = held.flatMap(({ agentId, polledAt }) => (polledAt ? [agentId, String(Math.round(polledAt))] : []));
    if (told.length === 0) return;
    await Promise.all([
      this.#strays.clearing(polls, "hash", () => this.#commands.send(polls, ["HSET", polls, ...told])),
      this.#commands.send(polls, ["PEXPIRE", polls, String(POLLS_KEPT_MS)]),
    ]);
  }

  async lastPolls(agentIds: readonly AgentId[]): Promise<ReadonlyMap<AgentId, number>> {
    if (agentIds.length === 0) return new Map();
    const { polls } = this.#keys;
    const ask = () => this.#commands.send(polls, ["HMGET", polls, ...agentIds]);
    const told = await this.#strays.clearing(polls, "hash", ask);
    const times = agentIds.map(
      (agentId, at) => [agentId, Number(Array.isArray(told) ? (told[at] ?? Number.NaN) : 0)] as const,
    );
    return new Map(times.filter(([, time]) => time > 0));
  }

  async release(lease: Lease, owner: string): Promise<void> {
    await this.#commands.run(scripts.releaseLease, [this.#keys.lease(lease)], [owner]);
  }

  async unheld(kind: Lease["kind"], agentIds: readonly AgentId[]): Promise<AgentId[]> {
    const holders = await this.#commands.getMany(agentIds.map((agentId) => this.#keys.lease({ kind, agentId })));
    return agentIds.filter((_, at) => holders[at] === null);
  }

  announce({ owner, able, answeredAgoMs }: InstanceReport, ttlMs: number): Promise<InstanceReport[]> {
    return this.#instances([owner, ttlMs, able ? 1 : 0, answeredAgoMs === null ? "" : Math.round(answeredAgoMs)]);
  }

  instances(): Promise<InstanceReport[]> {
    return this.#instances([]);
  }

  async #instances(said: readonly (string | number)[]): Promise<InstanceReport[]> {
    const { instances } = this.#keys;
    const say = () => this.#commands.run(scripts.instances, [instances], said);
    const living = await this.#strays.clearing(instances, "hash", say);
    if (!Array.isArray(living)) return [];
    return living.map(([owner, able, answeredAgo]: unknown[]) => ({
      owner: String(owner),
      able: able === "1",
      answeredAgoMs: answeredAgo === "" ? null : Number(answeredAgo),
    }));
  }
}
