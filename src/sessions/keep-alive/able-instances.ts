import type { CallOff, Clock } from "../clock.ts";
import type { SessionLog } from "../log.ts";
import type { InstanceReport, SessionStore } from "../stores/port.ts";
import type { GatewayReach } from "./gateway-reach.ts";

const LOOK_MS = 1_000;
/** Looks that come so late mean that the process stood still. */
const STOOD_STILL_MS = 3_000;
/** Whom the gateway has answered within this reaches it. */
const REACHES_MS = 10_000;

interface Deps {
  readonly store: SessionStore;
  readonly reach: GatewayReach;
  readonly log: SessionLog;
  readonly clock: Clock;
  readonly owner: string;
  readonly claimMs: number;
  /** Whether this machine's clock is not that of the others. */
  readonly clockIsOff: () => boolean;
  /** This instance cannot keep agents signed in, and another one can. */
  readonly letGo: () => void;
}

/**
 * What this instance and the others know of each other: who is able to keep agents signed in. Who is not is no part of the
 * shares; and who does not reach the gateway leaves its agents to the others, but only while one of them does.
 */
export class AbleInstances {
  readonly #deps: Deps;
  #worked = false;
  #failedRounds = 0;
  #leavesToOthers = false;
  /** Somebody waits for others who reach the gateway. */
  #isAsked = false;
  #lookedAt = 0;
  #drop: CallOff = () => undefined;
  #looking: Promise<void> = Promise.resolve();
  #closing = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Two rounds in a row have failed; one that works makes up for them. */
  get fails(): boolean {
    return this.#failedRounds >= 2;
  }

  /** Whether others are to keep what this instance would. */
  get leavesToOthers(): boolean {
    return this.#leavesToOthers;
  }

  start(): void {
    this.#lookedAt = this.#deps.clock.monotonic();
    this.#next();
  }

  /** The others that count, by what they have said. */
  async others(): Promise<InstanceReport[]> {
    return this.#othersAmong(await this.#deps.store.instances());
  }

  /** A look for agents that nobody polls is over. Only who has done one is somebody to count on. */
  async roundEnded(worked: boolean): Promise<void> {
    const wasAble = this.#worked;
    this.#worked = worked;
    this.#failedRounds = worked ? 0 : this.#failedRounds + 1;
    if ((worked || wasAble) && !this.#closing) await this.#announce();
  }

  /** Out of the others' shares at once. */
  async leave(): Promise<void> {
    this.#closing = true;
    this.#drop();
    await this.#looking;
    const { store, owner } = this.#deps;
    await store.announceInstance({ owner, able: false, answeredAgoMs: null }, 0).catch(() => undefined);
  }

  #next(): void {
    if (this.#closing) return;
    this.#drop = this.#deps.clock.after(LOOK_MS, () => {
      this.#looking = this.#look()
        .catch(() => undefined) // the store is away, which the rounds tell
        .finally(() => this.#next());
    });
  }

  async #look(): Promise<void> {
    const { clock, reach, log, letGo } = this.#deps;
    const now = clock.monotonic();
    if (now - this.#lookedAt > STOOD_STILL_MS) reach.stoodStill();
    this.#lookedAt = now;
    const wasLost = reach.isLost;
    reach.look();
    if (!reach.isLost && !wasLost) {
      const answeredAgoMs = reach.answeredAgoMs();
      if (!this.#isAsked || (answeredAgoMs !== null && answeredAgoMs <= REACHES_MS)) return;
      await reach.ask();
      return void (await this.#announce());
    }
    log.keeperUnable("gateway");
    const others = this.#othersAmong(await this.#announce());
    const reached = others.some(({ answeredAgoMs }) => answeredAgoMs !== null && answeredAgoMs <= REACHES_MS);
    this.#leavesToOthers = reach.isLost && reached;
    if (this.#leavesToOthers) letGo();
    await reach.ask();
    if (reach.isLost) return;
    this.#leavesToOthers = false;
    log.keeperAble("gateway");
    await this.#announce();
  }

  #othersAmong(reports: readonly InstanceReport[]): InstanceReport[] {
    return reports.filter(({ owner, able }) => able && owner !== this.#deps.owner);
  }

  async #announce(): Promise<InstanceReport[]> {
    const { store, owner, reach, claimMs, clockIsOff } = this.#deps;
    const report = {
      owner,
      able: this.#worked && !reach.isLost && !clockIsOff(),
      answeredAgoMs: reach.answeredAgoMs(),
    };
    const living = await store.announceInstance(report, Math.max(claimMs, LOOK_MS) * 4);
    this.#isAsked = living.some((one) => !one.able && one.owner !== owner);
    return living;
  }
}
