import { LRUCache } from "lru-cache";
import type { AgentId, Caller, Guid, Renewal } from "../gateway/index.ts";
import { type AgentChange, type ChangedAgent, changeAgent, RecordContended } from "./agent-change.ts";
import type { CallOff, Clock } from "./clock.ts";
import type { SessionLog } from "./log.ts";
import type { AgentSession } from "./model.ts";
import { NewestCookies } from "./newest-cookies.ts";
import { hasRotated, rotatedTo } from "./replaced-guids.ts";
import type { AgentAndHolder, SessionStore } from "./stores/port.ts";
import { MOST_AGENT_BYTES, recordBytes } from "./stores/record-bytes.ts";

/** How often a refused call looks whether a rotation has brought a newer Guid. */
const LOOK_AGAIN_MS = 20;
/** How often a Guid that the store could not take is offered to it again, when no poll does so before. */
const SAVE_AGAIN_MS = 500;

/** Of the Guids between the one that the store had and the newest. */
const MOST_BETWEEN = 16;

/** What the store has not got yet. */
interface Unsaved {
  readonly agent: AgentSession;
  /** The Guids that it came from, the one that the store had first: only in their place is it the newest. */
  readonly from: readonly Guid[];
}

interface Deps {
  readonly store: SessionStore;
  readonly log: SessionLog;
  readonly clock: Clock;
}

/** Whether two readings of an agent carry the same Guid: not a newer one, and not one of another sign-in. */
export function sameCredential(a: AgentSession, b: AgentSession): boolean {
  return a.signInId === b.signInId && a.guidVersion === b.guidVersion;
}

/**
 * The Guid as a versioned credential. Whatever answer brings a new one, it is written by compare-and-set before it is
 * used, and an answer to a call that carried an older Guid changes nothing. While the store is away the new Guid stays
 * here, is used from here, and is written first when the store is back: the gateway has forgotten the old one.
 */
export class Credentials {
  readonly #store: SessionStore;
  readonly #log: SessionLog;
  readonly #clock: Clock;
  readonly #unsaved = new Map<AgentId, Unsaved>();
  /**
   * The last Guid of each agent that was written from here, as long as it is the newest. An agent that went to another
   * instance, or out, nobody may ask for here again: it gives way.
   */
  readonly #written = new LRUCache<AgentId, AgentSession>({ maxSize: MOST_AGENT_BYTES, sizeCalculation: recordBytes });
  readonly #cookies: NewestCookies;
  #dropSaving: CallOff = () => undefined;

  constructor({ store, log, clock }: Deps) {
    this.#store = store;
    this.#log = log;
    this.#clock = clock;
    this.#cookies = new NewestCookies(clock, (used, cookies) => this.#writeCookies(used, cookies));
  }

  /**
   * The agent with the newest Guid that is known here. Rejects while the store is away, unless a newer Guid is here.
   *
   * @param options `fresh`: whatever is decided or written by it must not rest on what another instance has replaced
   */
  async newest(agentId: AgentId, options?: { readonly fresh: boolean }): Promise<AgentSession | null> {
    const unsaved = this.#unsaved.get(agentId);
    if (unsaved !== undefined) return this.#saveOrKeep(unsaved);
    return this.#newerOf(agentId, await this.#store.getAgent(agentId, options));
  }

  /** The same, read afresh, and who holds the lease to poll the agent at that moment. Rejects while the store is away. */
  async newestAndHolder(agentId: AgentId): Promise<AgentAndHolder> {
    const { agent, holder } = await this.#store.getAgentAndHolder(agentId);
    const unsaved = this.#unsaved.get(agentId);
    return { agent: await (unsaved ? this.#saveOrKeep(unsaved) : this.#newerOf(agentId, agent)), holder };
  }

  #newerOf(agentId: AgentId, stored: AgentSession | null): AgentSession | null | Promise<AgentSession | null> {
    const written = this.#written.get(agentId);
    if (written === undefined) return stored;
    if (stored?.signInId !== written.signInId || stored.guidVersion > written.guidVersion) {
      this.#written.delete(agentId);
      return stored;
    }
    if (stored.guidVersion === written.guidVersion) return stored;
    if (!hasRotated(written, stored.guid)) {
      this.#written.delete(agentId);
      return stored;
    }
    // The store has gone back, as when a replica is promoted that had not seen the last writes.
    const known = this.#unsaved.get(agentId) ?? { agent: written, from: [stored.guid] };
    this.#unsaved.set(agentId, known);
    return this.#saveOrKeep(known);
  }

  /** Changes the agent's record, where what is decided rests on the newest Guid that is known here. Throws as {@link changeAgent}. */
  change(agentId: AgentId, change: AgentChange): Promise<ChangedAgent> {
    return changeAgent(this.#store, agentId, change, () => this.newest(agentId, { fresh: true }));
  }

  /** The same sign-in with the newest Guid that went through this instance: for who cannot read the store. */
  newestHere(known: AgentSession): AgentSession {
    const here = this.#unsaved.get(known.agentId)?.agent ?? this.#written.get(known.agentId);
    return here?.signInId === known.signInId && here.guidVersion > known.guidVersion ? here : known;
  }

  /** The agent as a gateway call takes it; what the answer renews is kept. */
  caller(agent: AgentSession): Caller {
    return {
      agentId: agent.agentId,
      guid: agent.guid,
      cookies: this.#cookies.of(agent),
      renewed: (renewal) =>
        renewal.guid === agent.guid ? this.#cookies.renew(agent, renewal.cookies) : this.#renew(agent, renewal),
    };
  }

  /**
   * Waits up to `waitMs` for a newer Guid than the refused one: a rotation may be under way.
   * `none`: there is none. `gone`: the agent session is no more.
   */
  async newerThan(
    refused: AgentSession,
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<AgentSession | "none" | "gone"> {
    const until = this.#clock.monotonic() + waitMs;
    for (;;) {
      const current = await this.newest(refused.agentId, { fresh: true });
      if (current === null) return "gone";
      if (!sameCredential(current, refused)) return current;
      const left = until - this.#clock.monotonic();
      if (left <= 0) return "none";
      await this.#clock.wait(Math.min(LOOK_AGAIN_MS, left), signal);
    }
  }

  /** Writes what the store could not take before. For the end of the process. */
  async flush(): Promise<void> {
    await this.#cookies.flush();
    await Promise.allSettled([...this.#unsaved.values()].map((unsaved) => this.#save(unsaved)));
  }

  close(): void {
    this.#cookies.close();
    this.#dropSaving();
  }

  async #writeCookies(used: AgentSession, cookies: string): Promise<boolean> {
    try {
      await this.change(used.agentId, (current) =>
        current !== null && sameCredential(current, used) ? { ...current, cookies } : null,
      );
      return true;
    } catch (error) {
      if (error instanceof RecordContended) return false;
      this.#keep(used, { guid: used.guid, cookies });
      return true;
    }
  }

  async #renew(used: AgentSession, renewal: Renewal): Promise<void> {
    const { agentId } = used;
    let known: AgentSession = used;
    const renew = (current: AgentSession | null): AgentSession | null => {
      if (current === null || !sameCredential(current, used)) return null;
      known = current;
      return renewedBy(current, renewal);
    };
    try {
      const { agent, written } = await this.change(agentId, renew);
      if (agent === null || !written) return;
      this.#written.set(agentId, agent);
      if (agent.guidVersion !== used.guidVersion) await this.#tell(agentId);
    } catch (error) {
      if (error instanceof RecordContended) this.#log.guidNotStored(agentId);
      this.#keep(known, renewal);
    }
  }

  /** Here too an older answer overwrites nothing: another call with the same Guid may have been renewed meanwhile. */
  #keep(used: AgentSession, renewal: Renewal): void {
    const { agent, from } = this.#unsaved.get(used.agentId) ?? { agent: used, from: [] };
    if (!sameCredential(agent, used)) return;
    const [first = agent.guid, ...between] = from;
    this.#unsaved.set(used.agentId, {
      agent: renewedBy(agent, renewal),
      from: [first, ...between.slice(1 - MOST_BETWEEN), agent.guid],
    });
    if (renewal.guid !== used.guid) this.#log.guidKeptInMemory(used.agentId);
    this.#saveLater();
  }

  #saveLater(): void {
    this.#dropSaving();
    this.#dropSaving = this.#clock.after(SAVE_AGAIN_MS, () => {
      void this.flush().then(() => {
        if (this.#unsaved.size > 0) this.#saveLater();
      });
    });
  }

  /** While the store is away, what it could not take is the newest there is. */
  async #saveOrKeep(unsaved: Unsaved): Promise<AgentSession | null> {
    try {
      return await this.#save(unsaved);
    } catch {
      return this.#unsaved.get(unsaved.agent.agentId)?.agent ?? unsaved.agent;
    }
  }

  /** Answers with what is stored afterwards; another sign-in wins, and so does a Guid that this one does not come from. */
  async #save(unsaved: Unsaved): Promise<AgentSession | null> {
    const { agentId, signInId, guid, guidVersion, cookies, replacedGuids } = unsaved.agent;
    const { agent, written } = await changeAgent(this.#store, agentId, (stored) =>
      stored !== null && isNews(unsaved, stored)
        ? { ...stored, guid, guidVersion, cookies, replacedGuids: rotatedTo(guid, stored, replacedGuids) }
        : null,
    );
    // Whoever read the store before this has an older one, and must find the newest here.
    if (agent?.signInId === signInId && agent.guid === guid) this.#written.set(agentId, agent);
    if (this.#unsaved.get(agentId) === unsaved) this.#unsaved.delete(agentId);
    if (written) await this.#tell(agentId);
    return agent;
  }

  async #tell(agentId: AgentId): Promise<void> {
    // Instances read before they use: a lost message costs a look at the store, nothing more.
    await this.#store.publish(agentId, { type: "agent-changed" }).catch(() => undefined);
  }
}

/**
 * Whether what could not be written before still is newer than what is stored: another Guid, or its cookies. With a Guid
 * that it came from somebody else may have polled meanwhile, and what the gateway gave then is newer, whatever its version.
 */
function isNews({ agent, from }: Unsaved, stored: AgentSession): boolean {
  if (stored.signInId !== agent.signInId) return false;
  if (stored.guid === agent.guid) return stored.guidVersion === agent.guidVersion && stored.cookies !== agent.cookies;
  return stored.guidVersion < agent.guidVersion && from.includes(stored.guid);
}

function renewedBy(agent: AgentSession, { guid, cookies }: Renewal): AgentSession {
  const guidVersion = agent.guidVersion + (guid === agent.guid ? 0 : 1);
  return { ...agent, guid, cookies, guidVersion, replacedGuids: rotatedTo(guid, agent) };
}
