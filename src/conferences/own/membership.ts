import type { Application, ConferenceControl, ConferenceId } from "../../gateway/index.ts";
import { Problem } from "../../problems.ts";
import { type BoundSession, beforeSending, type Sessions } from "../../sessions/index.ts";
import { type JoinedConference, type KnownConference, OwnCall } from "./own-call.ts";
import {
  answeredSince,
  type Begun,
  begin,
  confirm,
  decisionSince,
  invitationOver,
  takeBack,
  untold,
} from "./requests.ts";
import type { Watch } from "./watch.ts";

interface Deps {
  readonly sessions: Sessions;
  readonly control: ConferenceControl;
  readonly gatewayTimeoutMs: number;
}

type PendingConference =
  | { readonly id: ConferenceId; readonly own: { readonly state: "invited" } }
  | { readonly id: null; readonly own: { readonly state: "requested" } };

/**
 * The session's agent and the one conference that it can be in. Where the gateway's answer says only that something was
 * taken, the event is waited for that tells what became of it, on whichever instance the poll runs that brings it.
 */
export class Membership {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * @returns `null` where nobody has told in time what became of it
   * @throws `conference-refused`, `already-in-a-conference`
   */
  apply(bound: BoundSession, application: Application): Promise<JoinedConference | null> {
    const { sessions, control } = this.#deps;
    const call = this.#call(bound);
    return call.watching(async (watch) => {
      const begun = await beforeSending(() => begin(sessions, bound));
      try {
        await call.change((caller, options) => control.applyForConference(caller, application, options));
      } catch (error) {
        if (isNotDone(error)) await takeBack(sessions, bound, begun).catch(() => undefined);
        throw error;
      }
      if (!call.hearsOutcome) return null;
      // Where it cannot be written, the event that tells the outcome can neither yet.
      await confirm(sessions, bound, begun).catch(() => undefined);
      return granted(call, watch, begun);
    });
  }

  /** @throws `conference-not-found` when the agent is in none, and called into none */
  async look(bound: BoundSession, signal: AbortSignal): Promise<JoinedConference | PendingConference> {
    const call = this.#call(bound);
    const known = await call.known();
    const { state, id, epoch } = known;
    const whereabouts = call.whereabouts(known);
    if (whereabouts !== null) {
      const joined = await call.joined(whereabouts, { deadline: call.deadline, signal });
      if (joined !== null) return joined;
    }
    // What the gateway does not say is known to those alone who were there when it came to be.
    if (epoch >= bound.session.since) {
      if (state === "invited" && id !== null) return { id, own: { state: "invited" } };
      if (state === "requested") return { id: null, own: { state: "requested" } };
    }
    throw new Problem("conference-not-found", { detail: "The agent is in no conference, and called into none." });
  }

  /**
   * @returns `null` where nobody has told in time that the agent is in
   * @throws `not-in-a-conference` where there is no invitation, or none any more
   */
  answer(bound: BoundSession): Promise<JoinedConference | null> {
    const call = this.#call(bound);
    return call.watching(async (watch) => {
      const asked = await beforeSending(() => call.known());
      await this.#aboutInvitation(call, asked, this.#deps.control.answerInvitation);
      if (!call.hearsOutcome) return null;
      const became = await call.became(watch, call.deadline, async () => answeredSince(asked, await call.known()));
      if (became === "gone") throw invitationGone();
      return became === null ? null : seen(call);
    });
  }

  async reject(bound: BoundSession): Promise<void> {
    const call = this.#call(bound);
    const asked = await beforeSending(() => call.known());
    await this.#aboutInvitation(call, asked, this.#deps.control.rejectInvitation);
    await invitationOver(this.#deps.sessions, bound, asked).catch(() => undefined);
  }

  /** @throws `chair-cannot`: the chair ends it, or hands it over first */
  leave(bound: BoundSession): Promise<void> {
    return this.#out(bound, this.#deps.control.leaveConference);
  }

  /** For everybody. @throws `not-the-chair` */
  end(bound: BoundSession): Promise<void> {
    return this.#out(bound, this.#deps.control.endConference);
  }

  async #out(bound: BoundSession, send: ConferenceControl["leaveConference"]): Promise<void> {
    const call = this.#call(bound);
    await call.change(send);
    if (!call.hearsOutcome) await untold(this.#deps.sessions, bound).catch(() => undefined);
  }

  /**
   * Where the gateway knows of no invitation there is none here either, unless it is over because another device has just
   * taken it: that an event tells in a moment.
   */
  async #aboutInvitation(
    call: OwnCall,
    asked: KnownConference,
    send: ConferenceControl["answerInvitation"],
  ): Promise<void> {
    try {
      await call.change(send);
    } catch (error) {
      const isUnknown = error instanceof Problem && error.code === "not-in-a-conference";
      if (isUnknown && asked.state === "invited") {
        await call.watching((watch) =>
          watch.until(call.effectBy, async () => ((await call.known()).turn > asked.turn ? "told" : null)),
        );
        await invitationOver(this.#deps.sessions, call.bound, asked).catch(() => undefined);
      }
      throw error;
    }
  }

  #call(bound: BoundSession): OwnCall {
    return new OwnCall(this.#deps.sessions, bound, this.#deps.gatewayTimeoutMs);
  }
}

async function granted(call: OwnCall, watch: Watch, begun: Begun): Promise<JoinedConference | null> {
  const decision = await call.became(watch, call.deadline, async () => decisionSince(begun, await call.known()));
  if (decision === null) return null;
  if (decision === "granted") return seen(call);
  throw new Problem("conference-refused", {
    detail: "The platform took the application and refused it then. Nothing was done.",
    members: { outcome: "not-done", ...(decision.cause === null ? {} : { cause: decision.cause }) },
  });
}

/** That the look at it failed is no failure of what is done. */
async function seen(call: OwnCall): Promise<JoinedConference | null> {
  return (await call.present().catch(() => null)) ?? null;
}

const isNotDone = (error: unknown): boolean => error instanceof Problem && error.members?.outcome === "not-done";

function invitationGone(): Problem {
  const detail = "The invitation was over before the agent was in. Nothing was done.";
  return new Problem("not-in-a-conference", { detail, members: { outcome: "not-done" } });
}
