import type { ConferenceOptions } from "../../src/conferences/options.ts";
import { loadConfig } from "../../src/config/index.ts";
import type { AgentId } from "../../src/gateway/index.ts";
import type { SessionOptions } from "../../src/sessions/index.ts";
import type { AgentSession, AppSession } from "../../src/sessions/model.ts";
import { SeededChance } from "./chance.ts";
import { Ends } from "./ends.ts";
import { GatewayLine } from "./gateway-line.ts";
import { GatewayModel, type GatewaySignIn } from "./gateway-model.ts";
import { Guids } from "./guids.ts";
import { Host } from "./host.ts";
import { Instance } from "./instance.ts";
import { KeyChange } from "./key-change.ts";
import { Manners } from "./manners.ts";
import { RedisServer } from "./redis-server.ts";
import { RedisWire } from "./redis-wire.ts";
import { Sight } from "./sight.ts";
import { SqliteFile } from "./sqlite-file.ts";
import { SqliteWire } from "./sqlite-wire.ts";
import type { StoreWatch } from "./store-model.ts";
import { Timeline } from "./timeline.ts";
import { Violation } from "./verdict.ts";
import { Weather } from "./weather.ts";

const loaded = loadConfig({
  GATEWAY_URL: "http://gateway.example",
  JWT_SECRET: "a-secret-of-a-fleet-that-is-none-0123456789",
});

/** Sessions that end within a history, and everything else as it is shipped. */
/** What a process takes to start: by then what one that was killed has sent last is where it was sent to. */
const STARTS_WITHIN_MS = 100;
const sessionOptions: SessionOptions = { ...loaded.sessions, idleMs: 100_000, maxMs: 400_000, eventsKept: 16 };

export interface Running {
  readonly instance: Instance;
  readonly wire: RedisWire | SqliteWire;
}

/** `sqlite`: one instance, its store a file of its own. */
export type StoreKind = "redis" | "sqlite";

interface WorldOptions {
  readonly seed: number;
  readonly instances: number;
  readonly kind?: StoreKind;
  /** Who shares a list, and for how long; as shipped unless given. */
  readonly conferences?: Pick<ConferenceOptions, "sharing" | "freshMs">;
  /** Called with each line of the story, when somebody wants to read it. */
  readonly tell?: (line: string) => void;
}

/** A fleet, its store and its gateway in one process: one time, one chance, and everything that is known of what is true. */
export class World {
  readonly chance: SeededChance;
  readonly timeline: Timeline;
  readonly weather: Weather;
  readonly #conferences: ConferenceOptions;
  readonly store: RedisServer | SqliteFile;
  readonly guids: Guids;
  readonly keys: KeyChange;
  readonly gateway: GatewayModel;
  readonly sight: Sight;
  readonly ends: Ends;
  readonly manners: Manners;
  /** By place; null where nobody runs at the moment. */
  readonly fleet: (Running | null)[];
  readonly tell: (line: () => string) => void;
  #violation: Violation | null = null;
  #born = 0;
  readonly #killedAt: number[] = [];
  readonly #records = new Map<string, AgentSession>();

  constructor({ seed, instances, kind = "redis", conferences, tell }: WorldOptions) {
    const chance = new SeededChance(seed);
    const timeline = new Timeline(chance.random);
    const weather = new Weather(timeline);
    const gateway = () => this.gateway;
    const { violate } = this;
    const recordOf = (session: AppSession) => this.#records.get(session.recordId) ?? null;
    const stored = (agentId: AgentId) => this.store.model.getAgent(agentId);
    this.#conferences = { ...loaded.conferences, ...conferences };
    const sharesVdn = this.#conferences.sharing === "vdn";
    this.chance = chance;
    this.timeline = timeline;
    this.weather = weather;
    this.tell =
      tell === undefined
        ? () => undefined
        : (line) => tell(`${(timeline.now / 1_000).toFixed(3).padStart(8)} ${line()}`);
    this.sight = new Sight({ sharesVdn, timeline, weather, gateway, recordOf, violate });
    this.manners = new Manners(timeline, weather, violate);
    this.ends = new Ends({
      timeline,
      weather,
      sight: this.sight,
      gateway,
      recordOf,
      stored,
      config: sessionOptions,
      violate,
    });
    this.gateway = new GatewayModel(timeline, chance, {
      signedIn: (signIn) => this.sight.signedIn(signIn),
      ended: (signIn) => {
        if (signIn.ended?.why === "timed-out" && signIn.ours) this.ends.timedOut(signIn);
      },
      used: (signIn, guid) => this.guids.used(signIn, guid),
      overlapped: (agentId, by, others) => this.manners.overlapped(agentId, by, others),
    });
    const guids = new Guids(gateway, weather, violate);
    this.guids = guids;
    this.keys = new KeyChange(instances);
    const watch: StoreWatch = {
      bound: (session, before) => this.sight.bound(session, before),
      deleted: (session) => {
        this.sight.deleted(session);
        this.ends.deleted(session);
      },
      agentWritten: (agent, before) => {
        this.#records.set(agent.recordId, agent);
        this.sight.written(agent);
        guids.written(agent, before);
      },
      agentDeleted: () => undefined,
    };
    const parts = { timeline, chance, eventsKept: sessionOptions.eventsKept, watch };
    this.store = kind === "redis" ? new RedisServer(parts) : new SqliteFile(parts);
    this.fleet = Array.from({ length: instances }, (_, place) => this.#start(place));
  }

  readonly violate = (kind: string, message: string): void => {
    this.#violation ??= new Violation(kind, message);
  };

  /** Lets time pass, and stops at the first thing that must not be. */
  pass(ms: number): Promise<void> {
    return this.timeline.pass(ms, this.check);
  }

  readonly check = (): void => {
    if (this.#violation !== null) throw this.#violation;
  };

  get running(): Running[] {
    return this.fleet.filter((one) => one !== null && !one.instance.draining) as Running[];
  }

  /** Unless it runs, or has no key for what is stored: then it ends at once, and is started again with the keys to come. */
  start(place: number): void {
    if (this.fleet[place] !== null) return;
    const soonest = (this.#killedAt[place] ?? Number.NEGATIVE_INFINITY) + STARTS_WITHIN_MS;
    if (this.timeline.now < soonest) {
      this.timeline.in(soonest - this.timeline.now, () => this.start(place));
      return;
    }
    const canary = this.store instanceof RedisServer ? this.store.canary : null;
    if (canary !== null && !this.keys.ofPlace[place]?.includes(canary)) {
      this.tell(() => `instance ${place + 1} lacks ${canary}, and does not start`);
      return;
    }
    this.fleet[place] = this.#start(place);
  }

  kill(place: number): void {
    const running = this.fleet[place];
    if (running == null) return;
    running.instance.host.kill();
    this.#killedAt[place] = this.timeline.now;
    if (this.store instanceof RedisServer) this.store.leave(running.wire as RedisWire);
    else this.store.leave(running.wire as SqliteWire);
    this.fleet[place] = null;
  }

  /** @param over called when it has ended */
  drain(place: number, graceMs: number, over: () => void): void {
    const running = this.fleet[place];
    if (running == null || running.instance.draining) return;
    running.instance.draining = true;
    running.instance.host.reach(() => {
      void running.instance
        .drain(graceMs)
        .catch((error: unknown) =>
          this.violate("mistake", `the end of ${running.instance.host.name}: ${String(error)}`),
        )
        .then(() => {
          if (this.fleet[place] !== running) return;
          this.kill(place);
          over();
        });
    });
  }

  /** Nobody goes on any more. */
  end(): void {
    for (const [place] of this.fleet.entries()) this.kill(place);
  }

  /** @param durable whether whatever was answered must be there all the same */
  storeWentBack(durable: boolean): void {
    const { sessions, agents } = this.store.model;
    for (const agent of agents.values()) this.#records.set(agent.recordId, agent);
    this.sight.storeWentBack(sessions.values(), durable);
    this.ends.storeWentBack();
    if (durable) this.guids.wentBack(agents.values());
  }

  get redis(): RedisServer | null {
    return this.store instanceof RedisServer ? this.store : null;
  }

  get file(): SqliteFile | null {
    return this.store instanceof SqliteFile ? this.store : null;
  }

  /** The sign-in whose Guid is stored; null where that is over. */
  storedSignInOf(agentId: AgentId): GatewaySignIn | null {
    const stored = this.store.model.getAgent(agentId);
    const signIn = stored === null ? undefined : this.gateway.ofGuid.get(stored.guid);
    return signIn !== undefined && this.signInOf(agentId) === signIn ? signIn : null;
  }

  signInOf(agentId: AgentId): GatewaySignIn | null {
    return this.gateway.current(agentId);
  }

  recordOf(session: AppSession): AgentSession | null {
    return this.#records.get(session.recordId) ?? null;
  }

  #start(place: number): Running {
    const { chance, timeline, tell, store, violate } = this;
    this.#born += 1;
    const name = `instance ${place + 1}.${this.#born}`;
    const rate = 1 + chance.between(-0.0005, 0.0005);
    const host = new Host(name, timeline, {
      rate,
      monotonic: chance.between(1, 1e6),
      off: chance.between(-1_000, 1_000),
    });
    const keys = this.keys.ofPlace[place] ?? this.keys.all;
    const wire =
      store instanceof RedisServer
        ? new RedisWire({ host, server: store, keys, timeline, chance, tell })
        : new SqliteWire({ host, file: store, keys, tell });
    const { retcodes } = loaded.gateway;
    const { manners, sight, ends } = this;
    const gateway = new GatewayLine({ host, model: this.gateway, timeline, chance, retcodes, manners, sight, tell });
    const instance = new Instance({
      host,
      wire,
      gateway,
      config: sessionOptions,
      conferences: this.#conferences,
      gatewayTimeoutMs: loaded.gateway.timeoutMs,
      chance,
      violate,
      tell,
      sessionEnded: (session, reason, by) => ends.said(session, reason, by),
    });
    return { instance, wire };
  }
}
