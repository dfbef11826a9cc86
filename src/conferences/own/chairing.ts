import type {
  Address,
  AgentId,
  Caller,
  CallOptions,
  ConferenceControl,
  ConferenceEvent,
  Invitation,
  Participant,
} from "../../gateway/index.ts";
import { Problem } from "../../problems.ts";
import type { BoundSession, Sessions } from "../../sessions/index.ts";
import { isSame, OwnCall } from "./own-call.ts";
import type { Watch } from "./watch.ts";

interface Deps {
  readonly sessions: Sessions;
  readonly control: ConferenceControl;
  readonly gatewayTimeoutMs: number;
  /** What a held participant hears where nobody says otherwise: a file of the platform. `null`: the site has none. */
  readonly holdAnnouncement: string | null;
}

/** The state of one who was invited, where it is in already. */
type InvitedParticipant = Address & { readonly state?: Participant["state"] };

type Send<T> = (caller: Caller, options: CallOptions) => Promise<T>;

/** What the conference's chair may do. Whether the agent chairs it the gateway says, not what is remembered here. */
export class Chairing {
  readonly #deps: Deps;
  readonly #control: ConferenceControl;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#control = deps.control;
  }

  /** Answers with what was really added. */
  addMinutes(bound: BoundSession, minutes: number): Promise<number> {
    return this.#change(bound, (caller, options) => this.#control.addTime(caller, minutes, options));
  }

  changeSeats(bound: BoundSession, more: number): Promise<void> {
    return this.#change(bound, (caller, options) => this.#control.changeSeats(caller, more, options));
  }

  /** Answers when it has taken effect, or nobody has told of it in time. @throws `operation-refused` where it failed */
  handOver(bound: BoundSession, to: AgentId): Promise<void> {
    const call = this.#call(bound);
    return call.watching(async (watch) => {
      await call.change((caller, options) => this.#control.handOverChair(caller, to, options));
      const target = { kind: "agent", address: to } as const;
      const told = await call.became(watch, call.effectBy, () => lastTold(watch, target, ["chair"]));
      if (told?.done === false) throw failed();
    });
  }

  async invite(bound: BoundSession, invitation: Invitation): Promise<InvitedParticipant[]> {
    const call = this.#call(bound);
    await call.change((caller, options) => this.#control.inviteParticipants(caller, invitation, options));
    const present = await call.present().catch(() => null);
    return invitation.participants.map((invited) => {
      const state = present?.participants.find((one) => isSame(one, invited))?.state;
      return state === undefined ? invited : { ...invited, state };
    });
  }

  /** @throws `conference-not-found` where the gateway says that it was not in it */
  async remove(bound: BoundSession, participant: Address): Promise<void> {
    const absent = await this.#change(bound, (caller, options) =>
      this.#control.removeParticipants(caller, [participant], options),
    );
    if (absent.some((one) => isSame(one, participant))) throw notInIt("not-done");
  }

  setAudio(bound: BoundSession, participant: Address, audio: Participant["audio"]): Promise<Participant | null> {
    return this.#changed(
      bound,
      participant,
      (caller, options) => this.#control.setAudio(caller, participant, audio, options),
      { changes: ["muted", "unmuted"], isSo: (now) => now.audio === audio },
    );
  }

  async hold(bound: BoundSession, participant: Address, announcement: string | undefined): Promise<Participant | null> {
    const file = announcement ?? this.#deps.holdAnnouncement;
    if (file === null) {
      const errors = [{ path: "announcement", message: "is needed: this site has none of its own" }];
      throw new Problem("invalid-request", { errors, members: { outcome: "not-done" } });
    }
    return this.#changed(
      bound,
      participant,
      (caller, options) => this.#control.holdParticipant(caller, participant, file, options),
      { changes: ["held"], isSo: (now) => now.state === "held" },
    );
  }

  unhold(bound: BoundSession, participant: Address): Promise<Participant | null> {
    return this.#changed(
      bound,
      participant,
      (caller, options) => this.#control.unholdParticipant(caller, participant, options),
      { changes: ["unheld"], isSo: (now) => now.state !== "held" },
    );
  }

  /** @param to `null`: everybody */
  play(bound: BoundSession, to: Address | null, file: string, background: boolean): Promise<void> {
    return this.#change(bound, (caller, options) =>
      to === null
        ? this.#control.playToConference(caller, { file, background }, options)
        : this.#control.playToParticipant(caller, to, file, options),
    );
  }

  /** @param to `null`: everybody */
  stopPlaying(bound: BoundSession, to: Address | null): Promise<void> {
    return this.#change(bound, (caller, options) =>
      to === null
        ? this.#control.stopPlayingToConference(caller, options)
        : this.#control.stopPlayingToParticipant(caller, to, options),
    );
  }

  /**
   * Answers with the participant as the gateway has it when the change shows, has failed, or nobody has told in time;
   * `null` where the conference cannot be looked at.
   */
  #changed(
    bound: BoundSession,
    participant: Address,
    send: Send<void>,
    { changes, isSo }: { readonly changes: readonly string[]; readonly isSo: (now: Participant) => boolean },
  ): Promise<Participant | null> {
    const call = this.#call(bound);
    return call.watching(async (watch) => {
      await call.change(send);
      let last: Participant | null | undefined;
      await call.became(watch, call.effectBy, async () => {
        const isOver = lastTold(watch, participant, changes)?.done === false;
        const present = await call.present();
        if (present === undefined) return null;
        last = present?.participants.find((one) => isSame(one, participant)) ?? null;
        return isOver || (last !== null && isSo(last)) ? "seen" : null;
      });
      if (last === null) throw notInIt("unknown");
      return last ?? null;
    });
  }

  #change<T>(bound: BoundSession, send: Send<T>): Promise<T> {
    return this.#call(bound).change(send);
  }

  #call(bound: BoundSession): OwnCall {
    return new OwnCall(this.#deps.sessions, bound, this.#deps.gatewayTimeoutMs);
  }
}

type ParticipantChanged = Extract<ConferenceEvent, { readonly type: "participant-changed" }>;

function lastTold(watch: Watch, participant: Address, changes: readonly string[]): ParticipantChanged | null {
  const told = watch.heard.findLast(
    (event) =>
      event.type === "participant-changed" &&
      event.address === participant.address &&
      event.kind === participant.kind &&
      changes.includes(String(event.change)),
  );
  return told?.type === "participant-changed" ? told : null;
}

const failed = (): Problem =>
  new Problem("operation-refused", {
    detail: "The platform took the change, tried it and failed. Nothing was done.",
    members: { outcome: "not-done" },
  });

function notInIt(outcome: "not-done" | "unknown"): Problem {
  const detail = "The gateway has no such participant in the agent's conference.";
  return new Problem("conference-not-found", { detail, members: { outcome } });
}
