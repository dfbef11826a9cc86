import {
  type AgentId,
  FORGETS_AGENT_MS,
  type Gateway,
  Refusal,
  type Renewal,
  type SignedIn,
  type SignInRequest,
} from "../gateway/index.ts";
import { Problem } from "../problems.ts";
import type { Chance, Clock } from "./clock.ts";
import type { LaterSignOuts } from "./later-sign-outs.ts";
import type { SessionLog } from "./log.ts";
import type { NewAgentSession } from "./model.ts";
import type { SignInLeases, Turn } from "./sign-in-lease.ts";

/** How long a sign-in that was sent is followed, with its lease. */
export const FOLLOWED_MS = 60_000;

export interface SignInInput extends SignInRequest {
  readonly agentId: AgentId;
  readonly force: boolean;
}

/** Of one sign-in; whose it is, is known when it is written. */
export type SignInRecord = Omit<NewAgentSession, "recordId" | "epoch">;

interface Deps {
  readonly gateway: Gateway;
  readonly leases: SignInLeases;
  readonly later: LaterSignOuts;
  readonly log: SessionLog;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly gatewayTimeoutMs: number;
}

/** The gateway's part of a sign-in, and the way back from one that nobody could use. */
export class GatewaySignIn {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * Sent once, and followed for a minute: an agent who is signed in is known to somebody, or signed out again. Rejects past
   * that with `gateway-timeout`; what still comes is signed out, in a turn of its own. Call it under the sign-in lease: one
   * that is over by now is `sign-in-in-progress`.
   */
  async signIn(input: SignInInput, turn: Turn): Promise<SignedIn> {
    const { log, clock } = this.#deps;
    if (!turn.lasts()) throw new Problem("sign-in-in-progress");
    const { promise, resolve, reject } = Promise.withResolvers<SignedIn>();
    let isFollowed = true;
    const callOff = clock.after(FOLLOWED_MS, () => {
      isFollowed = false;
      log.signInNotAnswered(input.agentId);
      reject(new Problem("gateway-timeout"));
    });
    void this.#send(input).then(async ({ given, outcome }) => {
      callOff();
      if (!isFollowed) return given && this.takeBackInTurn(input.agentId, given);
      try {
        resolve(await this.#usable(input.agentId, outcome, given, turn));
      } catch (error) {
        reject(error);
      }
    });
    return promise;
  }

  /** Under the sign-in lease; where that is over, in another turn, which is not waited for. Never rejects. */
  async takeBack(agentId: AgentId, given: Renewal, turn: Turn): Promise<void> {
    if (turn.lasts()) await this.#signOut(agentId, given);
    else void this.takeBackInTurn(agentId, given);
  }

  async #signOut(agentId: AgentId, { guid, cookies }: Renewal): Promise<void> {
    const { gateway, later, gatewayTimeoutMs, log, clock } = this.#deps;
    const abandoned = { agentId, guid, cookies };
    const deadline = clock.monotonic() + gatewayTimeoutMs;
    try {
      await gateway.signOut({ ...abandoned, renewed: () => Promise.resolve() }, { force: false, deadline });
    } catch (error) {
      if (error instanceof Refusal && error.effect === "signed-out") return;
      log.signOutFailed(agentId, error);
      later.add(abandoned, { force: false, untilForgotten: true, done: () => undefined });
    }
  }

  /** The same for who does not hold the lease any more. Never rejects. */
  async takeBackInTurn(agentId: AgentId, given: Renewal): Promise<void> {
    const { leases, log } = this.#deps;
    await leases
      .during(agentId, FOLLOWED_MS, () => this.#signOut(agentId, given))
      .catch((error: unknown) => log.signOutFailed(agentId, error));
  }

  async recordOf(agentId: AgentId, signedIn: SignedIn): Promise<SignInRecord> {
    const { gateway, gatewayTimeoutMs, clock, chance } = this.#deps;
    let { guid, cookies } = signedIn;
    const renewed = async (renewal: { guid: typeof guid; cookies: string }) => {
      ({ guid, cookies } = renewal);
    };
    const deadline = clock.monotonic() + gatewayTimeoutMs;
    // A site without the interface, or one that fails now, tells with the first conference query.
    const inspector = await gateway.isInspector({ agentId, guid, cookies, renewed }, { deadline }).catch(() => null);
    return {
      agentId,
      signInId: chance.id(),
      loginTime: signedIn.loginTime,
      guid,
      broughtGuid: null,
      replacedGuids: [],
      guidVersion: 1,
      cookies,
      vdnId: signedIn.vdnId,
      inspector,
      keepAlive: "managed",
      state: "active",
      stateSince: clock.wall(),
      ownConference: null,
    };
  }

  /** Never rejects. `given` is the Guid of the answer, also of one that is no use. */
  async #send({ agentId, force, ...request }: SignInInput): Promise<Answered> {
    const { gateway, gatewayTimeoutMs, clock } = this.#deps;
    const now = clock.monotonic();
    let given: Renewal | undefined;
    const renewed = (renewal: Renewal): void => {
      given = renewal;
    };
    // An answer that comes later than that is of nobody who is still signed in.
    const limits = { deadline: now + gatewayTimeoutMs, until: now + FOLLOWED_MS + FORGETS_AGENT_MS };
    const answer = gateway.signIn(agentId, request, { force, ...limits, renewed });
    const [outcome] = await Promise.allSettled([answer]);
    if (outcome.status === "fulfilled") return { given: outcome.value, outcome };
    return { given: outcome.reason instanceof Refusal ? undefined : given, outcome };
  }

  async #usable(
    agentId: AgentId,
    outcome: Answered["outcome"],
    given: Renewal | undefined,
    turn: Turn,
  ): Promise<SignedIn> {
    if (outcome.status === "fulfilled" && !outcome.value.mustChangePassword) return outcome.value;
    const error: unknown = outcome.status === "rejected" ? outcome.reason : new Problem("password-expired");
    // Signed in, with an answer that cannot be used or may not be: nobody else could end it.
    if (given !== undefined) await this.takeBack(agentId, given, turn);
    throw error;
  }
}

interface Answered {
  readonly given: Renewal | undefined;
  readonly outcome: PromiseSettledResult<SignedIn>;
}
