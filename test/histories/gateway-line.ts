import {
  type AgentId,
  type Caller,
  type CallOptions,
  type ConferenceId,
  Fault,
  type Gateway,
  type GatewayEvent,
  type Guid,
  Refusal,
  type RetcodeRow,
  type SignedIn,
  type SignInOptions,
  type SignInRequest,
} from "../../src/gateway/index.ts";
import type { SeededChance } from "./chance.ts";
import { type GatewayModel, type GatewaySignIn, type HeldPoll, HOLD_MS } from "./gateway-model.ts";
import type { Host } from "./host.ts";
import type { Manners } from "./manners.ts";
import type { Sight } from "./sight.ts";
import type { Timeline } from "./timeline.ts";

interface Deps {
  readonly host: Host;
  readonly model: GatewayModel;
  readonly timeline: Timeline;
  readonly chance: SeededChance;
  readonly retcodes: ReadonlyMap<string, RetcodeRow>;
  readonly manners: Manners;
  readonly sight: Sight;
  readonly tell: (line: () => string) => void;
}

/** What a call is answered with: the retcode of a refusal, or the work done. */
type Answer<T> = string | { readonly value: T };

interface Ask {
  readonly what: string;
  readonly agentId: AgentId;
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
  /** How long the gateway works on it. */
  readonly takesMs: number;
}

/** One instance's way to the gateway, which can be cut, and on which calls and answers can be lost. */
export class GatewayLine implements Gateway {
  reach: "well" | "refused" | "silent" = "well";
  /** How probable it is that a call, or its answer, is lost and the connection with it. */
  losses = { calls: 0, answers: 0 };
  calls = 0;
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async signIn(agentId: AgentId, { password }: SignInRequest, options: SignInOptions): Promise<SignedIn> {
    const { model, chance } = this.#deps;
    const { force, deadline, signal } = options;
    const ask = { what: "sign-in", agentId, deadline, signal, takesMs: chance.between(1, 40) };
    const made = await this.#ask<GatewaySignIn>(ask, () => {
      const signIn = model.signIn(agentId, password, force, true);
      return typeof signIn === "string" ? signIn : { value: signIn };
    });
    const guid = made.guids[0] as Guid;
    options.renewed?.({ guid, cookies: "" });
    return {
      guid,
      cookies: "",
      vdnId: String(made.vdn),
      loginTime: made.loginTime,
      passwordDaysLeft: null,
      mustChangePassword: chance.happens(0.02),
    };
  }

  async signOut(caller: Caller, { force, deadline, signal }: CallOptions & { readonly force: boolean }): Promise<void> {
    const { agentId, guid } = caller;
    const { model, chance } = this.#deps;
    const ask = { what: "sign-out", agentId, deadline, signal, takesMs: chance.between(1, 40) };
    await this.#ask<null>(ask, () => {
      const signIn = model.authenticate(agentId, guid);
      if (typeof signIn === "string") return signIn;
      if (signIn.busy && !force) return "100-010";
      model.end(signIn, "signed-out");
      return { value: null };
    });
  }

  async conferenceIds({ agentId, guid, renewed }: Caller, { deadline, signal }: CallOptions): Promise<ConferenceId[]> {
    const { chance } = this.#deps;
    const ask = { what: "list", agentId, deadline, signal, takesMs: chance.between(0.5, 10) };
    const cookies = chance.happens(0.1) ? `route=${chance.below(3)}` : null;
    const listed = await this.#ask(ask, () => {
      const signIn = this.#deps.model.authenticate(agentId, guid);
      // The list names the sign-in that it was given to, its VDN, and when.
      const named = (told: Pick<GatewaySignIn, "serial" | "vdn">) =>
        [told.serial, told.vdn, Math.floor(this.#deps.timeline.now)].map((number) => `${number}` as ConferenceId);
      return typeof signIn === "string" ? signIn : { value: named(signIn) };
    });
    if (cookies !== null) await renewed({ guid, cookies });
    return listed;
  }

  conferenceDetails(caller: Caller, _: unknown, options: CallOptions): Promise<never[]> {
    return this.conferenceIds(caller, options).then(() => []);
  }

  agentOperation(caller: Caller, _: unknown, options: CallOptions): Promise<string> {
    return this.conferenceIds(caller, options).then(() => "null");
  }

  isInspector(caller: Caller, options: CallOptions): Promise<boolean> {
    return this.conferenceIds(caller, options).then(() => true);
  }

  agentStatus(caller: Caller, options: CallOptions): Promise<{ readonly state: "idle" }> {
    return this.conferenceIds(caller, options).then(() => ({ state: "idle" }));
  }

  /** Held up to 10 s; its answer may bring a new Guid, which is stored before anybody goes on. */
  async pollEvent(caller: Caller, options: Parameters<Gateway["pollEvent"]>[1]): Promise<GatewayEvent | null> {
    const { host } = this.#deps;
    const { agentId, guid } = caller;
    const { signal, timeoutMs, onReady } = options;
    onReady?.();
    signal.throwIfAborted();
    this.calls += 1;
    const { promise, resolve, reject } = Promise.withResolvers<{ event: GatewayEvent | null; guid: Guid | null }>();
    let open = true;
    const close = (error: unknown): void => {
      open = false;
      reject(error);
    };
    const isGone = (): boolean => !open || !host.isAlive;
    const giveUp = host.clock.after(timeoutMs, () => close(new Fault("gateway-timeout", "TIMEOUT")));
    const leave = (): void => close(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    this.#send(
      () => this.#hold(agentId, guid, isGone, resolve, close),
      (error) => close(error),
    );
    try {
      const answer = await promise;
      // Stored before anybody uses it.
      if (answer.guid !== null) await caller.renewed({ guid: answer.guid, cookies: caller.cookies });
      return answer.event;
    } finally {
      open = false;
      giveUp();
      signal.removeEventListener("abort", leave);
    }
  }

  async close(): Promise<void> {}

  /** The poll has arrived at the gateway. */
  #hold(
    agentId: AgentId,
    guid: Guid,
    isGone: () => boolean,
    resolve: (answer: { event: GatewayEvent | null; guid: Guid | null }) => void,
    fail: (error: unknown) => void,
  ): void {
    const { model, timeline, host, manners, sight, tell } = this.#deps;
    let over = false;
    const poll: HeldPoll = { agentId, by: host.name, isGone, wake: () => answer() };
    model.enter(poll);
    const first = model.authenticate(agentId, guid);
    manners.polled(agentId, host);
    tell(
      () =>
        `  gateway: a poll of ${agentId} by ${host.name} with ${guid}${typeof first === "string" ? ` is refused with ${first}` : ""}`,
    );
    const dropHold = timeline.in(HOLD_MS, () => answer());
    const answer = (): void => {
      if (over) return;
      over = true;
      dropHold();
      model.leave(poll);
      if (isGone()) return;
      const signIn = typeof first === "string" || first.ended === null ? first : "100-006";
      if (typeof signIn === "string") {
        this.#bring(() => fail(this.#refusal(signIn)), fail);
        return;
      }
      // As the gateway counts: who stands still takes the answer much later.
      manners.pollAnswered(agentId, host);
      const brings = model.keptAlive(signIn);
      const event = signIn.events.shift() ?? null;
      tell(
        () =>
          `  gateway: the poll of ${agentId} by ${host.name} is answered${event === null ? "" : ` with ${JSON.stringify(event.content)}`}${brings === null ? "" : `, and ${brings}`}`,
      );
      if (brings !== null) signIn.newestLost = true;
      const arrived = (): void => {
        if (isGone()) return;
        if (brings !== null) {
          signIn.newestLost = false;
          signIn.newestWith = host;
        }
        if (event !== null) sight.received(event);
        resolve({ event, guid: brings });
      };
      this.#bring(arrived, fail);
    };
    if (typeof first === "string" || first.events.length > 0 || first.rotation !== null) answer();
    else first.polledAt = timeline.now;
  }

  /** One call and its answer. What is done stays done, whatever becomes of the answer. */
  async #ask<T>(ask: Ask, work: () => Answer<T>): Promise<T> {
    const { host, timeline, tell } = this.#deps;
    const { what, agentId, deadline, signal, takesMs } = ask;
    this.calls += 1;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const giveUp = host.clock.after(Math.max(0, deadline - host.clock.monotonic()), () =>
      reject(new Fault("gateway-timeout", "TIMEOUT")),
    );
    const leave = (): void => reject(signal?.reason);
    signal?.addEventListener("abort", leave, { once: true });
    const arrive = (): void => {
      const signs = what === "sign-in" || what === "sign-out";
      const begun = signs ? this.#deps.manners.signingArrived(agentId, `${what} by ${host.name}`) : () => undefined;
      timeline.in(takesMs, () => {
        begun();
        const answer = work();
        const refused = typeof answer === "string" ? ` is refused with ${answer}` : "";
        tell(() => `  gateway: ${what} of ${agentId} by ${host.name}${refused}`);
        this.#bring(() => {
          if (typeof answer === "string") reject(this.#refusal(answer));
          else resolve(answer.value);
        }, reject);
      });
    };
    this.#send(arrive, reject);
    try {
      return await promise;
    } finally {
      giveUp();
      signal?.removeEventListener("abort", leave);
    }
  }

  /** On the way there. */
  #send(arrive: () => void, fail: (error: unknown) => void): void {
    const { host, timeline, chance, model } = this.#deps;
    if (this.reach === "refused") {
      host.clock.after(chance.between(0.1, 3), () => fail(new Fault("gateway-unreachable", "ECONNREFUSED")));
      return;
    }
    const lost = chance.happens(this.losses.calls);
    timeline.in(model.latency(), () => {
      if (this.reach === "silent") return;
      if (lost || this.reach !== "well")
        return void host.reach(() => fail(new Fault("gateway-unreachable", "ECONNRESET")));
      arrive();
    });
  }

  /** On the way back. */
  #bring(arrived: () => void, fail: (error: unknown) => void): void {
    const { host, timeline, chance, model } = this.#deps;
    const lost = chance.happens(this.losses.answers);
    timeline.in(model.latency(), () => {
      if (this.reach === "silent") return;
      if (lost || this.reach !== "well") host.reach(() => fail(new Fault("gateway-unreachable", "ECONNRESET")));
      else host.reach(arrived);
    });
  }

  #refusal(retcode: string): Refusal {
    const row = this.#deps.retcodes.get(retcode);
    if (row === undefined) throw new Error(`No row for ${retcode}`);
    return new Refusal(retcode, row);
  }
}
