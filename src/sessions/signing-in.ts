import { Problem } from "../problems.ts";
import { Admission, type AdmissionDeps, type Applicant, type Asked, type SignInResult } from "./admission.ts";
import type { SignInInput } from "./gateway-sign-in.ts";
import type { Actor } from "./log.ts";
import type { AppSession } from "./model.ts";
import type { SignInLeases } from "./sign-in-lease.ts";
import { sessionEnded } from "./stores/agent-messages.ts";
import { followed, type SessionTraces } from "./traces.ts";
import { WaitingClient } from "./waiting-client.ts";

interface Deps extends AdmissionDeps {
  readonly leases: SignInLeases;
  readonly gatewayTimeoutMs: number;
  readonly traces: SessionTraces | null;
}

/** Signs agents in at the gateway and binds app sessions to them. */
export class SigningIn {
  readonly #deps: Deps;
  readonly #admission: Admission;
  readonly #underWay = new Set<Promise<void>>();

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#admission = new Admission(deps);
  }

  /**
   * The same call again for a session that lives answers with it. A subject proven by an outside issuer joins its own
   * agent's session; anybody else has to convince the gateway, and with success pushes the other subjects out.
   *
   * @throws what the gateway refuses, changing nothing for those who are in; `password-expired` when it would only let
   *   the agent change the password; `session-not-found` when the session is another subject's.
   */
  async signIn(applicant: Applicant, input: SignInInput, actor: Actor): Promise<SignInResult> {
    const { store, clock, gatewayTimeoutMs } = this.#deps;
    const revocations = await store.revocations(applicant, applicant.subject);
    const client = new WaitingClient<SignInResult>(clock, gatewayTimeoutMs);
    const following = this.#follow({ applicant, input, actor, revocations, client }).finally(() => {
      this.#underWay.delete(following);
    });
    this.#underWay.add(following);
    return client.answer.catch((error: unknown) => {
      if (error instanceof Problem) this.#deps.log.signInRefused(input.agentId, actor, error);
      throw error;
    });
  }

  /** Waits for those that are under way: nobody else could end what the gateway still grants. */
  async close(graceMs: number): Promise<void> {
    const timer = new AbortController();
    const over = this.#deps.clock.wait(graceMs, timer.signal).catch(() => undefined);
    await Promise.race([Promise.all(this.#underWay), over]);
    timer.abort();
  }

  /** To its end, whether its client still waits or not. */
  async #follow(asked: Asked): Promise<void> {
    const { leases, leaving, log, gatewayTimeoutMs, traces } = this.#deps;
    const { applicant, input, actor, client } = asked;
    try {
      const { before, ...result } = await followed(traces, "sign-in", input.agentId, () =>
        leases.during(input.agentId, gatewayTimeoutMs, (turn) => this.#admission.admit(asked, turn)),
      );
      if (before !== null && before.agentId !== input.agentId) await this.#leaveFormerAgent(before);
      if (!client.isTold) return client.succeed(result);
      // The session is the app's own, which may use it. A token of the service's own nobody has been given.
      if (applicant.issuer === "own") await leaving.leave(result.session, { reason: "signed-out", actor });
    } catch (error) {
      if (!client.isTold) return client.fail(error);
      if (!(error instanceof Problem)) log.unexpected(actor.requestId, error);
      else if (error.code !== "gateway-timeout") log.signInRefused(input.agentId, actor, error);
    }
  }

  /** The session named another agent before: that agent has one device less, and its streams end. */
  async #leaveFormerAgent(before: AppSession): Promise<void> {
    const { store, leaving } = this.#deps;
    await store.publish(before.agentId, sessionEnded(before, "replaced")).catch(() => undefined);
    await leaving.sweep(before.agentId).catch(() => undefined);
  }
}
