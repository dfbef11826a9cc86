import {
  type AgentId,
  type Gateway,
  Refusal,
  type Renewal,
  type SignedIn,
  type SignInRequest,
} from "../gateway/index.ts";
import { Problem } from "../problems.ts";
import type { Chance, Clock } from "./clock.ts";
import type { SessionLog } from "./log.ts";
import type { NewAgentSession } from "./model.ts";

export interface SignInInput extends SignInRequest {
  readonly agentId: AgentId;
  readonly force: boolean;
}

/** Of one sign-in; whose it is, is known when it is written. */
export type SignInRecord = Omit<NewAgentSession, "recordId" | "epoch">;

interface Deps {
  readonly gateway: Gateway;
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

  async signIn({ agentId, force, password, phoneNumber }: SignInInput): Promise<SignedIn> {
    const { gateway, gatewayTimeoutMs, clock } = this.#deps;
    const deadline = clock.monotonic() + gatewayTimeoutMs;
    let given: Renewal | undefined;
    const renewed = (renewal: Renewal): void => {
      given = renewal;
    };
    try {
      const signedIn = await gateway.signIn(agentId, { password, phoneNumber }, { force, deadline, renewed });
      if (signedIn.mustChangePassword) throw new Problem("password-expired");
      return signedIn;
    } catch (error) {
      // Signed in, with an answer that cannot be used or may not be: nobody else could end it.
      if (given !== undefined && !(error instanceof Refusal)) await this.takeBack(agentId, given);
      throw error;
    }
  }

  async takeBack(agentId: AgentId, { guid, cookies }: Renewal): Promise<void> {
    const { gateway, gatewayTimeoutMs, log, clock } = this.#deps;
    const caller = { agentId, guid, cookies, renewed: () => Promise.resolve() };
    const deadline = clock.monotonic() + gatewayTimeoutMs;
    await gateway
      .signOut(caller, { force: false, deadline })
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
}
