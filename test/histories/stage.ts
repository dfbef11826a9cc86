import type { AgentId } from "../../src/gateway/index.ts";
import { Problem } from "../../src/problems.ts";
import type { Claims, Issuer, SessionId, Subject } from "../../src/tokens/index.ts";
import { sessionName } from "./store-model.ts";
import type { Running, World } from "./world.ts";

/** One device of one user, with the token that it has. */
export interface Device {
  readonly issuer: Issuer;
  readonly subject: Subject;
  readonly sessionId: SessionId;
  /** Whom its user signs in as, mostly. */
  readonly agentId: AgentId;
  /** The last event that it heard. */
  lastEventId: string | null;
  /** Leaves the stream that is open; null: none is. */
  leave: (() => void) | null;
  /** The same for that of its list. */
  leaveList: (() => void) | null;
  /** When the list that it was shown last was asked for; null: none was since the stream was opened. */
  listedAt: number | null;
}

export const agentIds = ["20001", "20002", "20003"] as AgentId[];

/** Who acts in a world: its devices, and what they have asked and heard. */
export class Stage {
  readonly world: World;
  readonly devices: readonly Device[];
  /** How often each was answered with what. */
  readonly answers = new Map<string, number>();
  #requests = 0;
  events = 0;

  constructor(world: World) {
    this.world = world;
    this.devices = agentIds.flatMap((agentId, at) =>
      ["phone", "tab"].map((kind) => ({
        issuer: "app" as const,
        subject: `user-${at + 1}` as Subject,
        sessionId: `${kind}-${at + 1}` as SessionId,
        agentId,
        lastEventId: null,
        leave: null,
        leaveList: null,
        listedAt: null,
      })),
    );
  }

  get chance() {
    return this.world.chance;
  }

  /** An instance that takes requests, as a balancer picks it; null where there is none. */
  anInstance(): Running | null {
    const { running } = this.world;
    return running.length === 0 ? null : this.chance.pick(running);
  }

  /** Mostly one that has a session. */
  aDevice(): Device {
    const { store } = this.world;
    const bound = this.devices.filter((device) => store.model.getSession(device) !== null);
    return this.chance.pick(bound.length > 0 && this.chance.happens(0.85) ? bound : this.devices);
  }

  /** One agent who is signed in; null where nobody is. */
  aSignIn() {
    const signIns = agentIds.map((agentId) => this.world.signInOf(agentId)).filter((one) => one !== null);
    return signIns.length === 0 ? null : this.chance.pick(signIns);
  }

  actor(subject: string) {
    this.#requests += 1;
    return { requestId: `request-${this.#requests}`, subject };
  }

  claims({ issuer, subject, sessionId }: Device): Claims {
    const expiresAt = Date.UTC(2100, 0);
    return { issuer, subject, sessionId, scopes: new Set(), expiresAt };
  }

  nameOf(device: Device): string {
    return sessionName(device);
  }

  /**
   * A request to an instance. Its answer comes when it comes, or never.
   *
   * @param ended told of `ok`, or of the code of the problem
   */
  request(
    what: string,
    at: Running,
    ask: () => Promise<unknown>,
    ended: (outcome: string) => void = () => undefined,
  ): void {
    const { world } = this;
    const { host } = at.instance;
    const end = (outcome: string): void => {
      const key = `${what} ${outcome}`;
      this.answers.set(key, (this.answers.get(key) ?? 0) + 1);
      world.tell(() => `${what} at ${host.name} is answered: ${outcome}`);
      ended(outcome);
    };
    const fail = (error: unknown): void => {
      if (error instanceof Problem && error.code !== "internal-error") end(error.code);
      else
        world.violate(
          "mistake",
          `${what} at ${host.name} failed with ${error instanceof Error ? error.stack : String(error)}`,
        );
    };
    host.reach(() => void ask().then(() => end("ok"), fail));
  }
}
