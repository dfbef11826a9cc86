import type { ProblemTypes } from "../http/problem-response.ts";
import type { SessionStream } from "../sessions/api/index.ts";
import type { Sessions } from "../sessions/index.ts";
import { Audience } from "./audience.ts";
import { agentKey, type ConferenceLists } from "./conference-lists.ts";
import type { ConferenceOptions } from "./options.ts";

interface Deps {
  readonly lists: Pick<ConferenceLists, "list">;
  readonly sessions: Pick<Sessions, "clock" | "unexpected">;
  readonly intervalMs: number;
  readonly sharing: ConferenceOptions["sharing"];
  readonly types: ProblemTypes;
}

/** Audiences that ask in the same moment, so that they can share the answer. */
interface Round {
  readonly audiences: Map<string, Audience>;
  /** Calls off the next refresh. */
  callOff: () => void;
}

/**
 * Lists that have listeners, refreshed at one pace for all of them: an inspector who is no member of a conference gets
 * no event about it, so asking again is the only way to see a change (reference, section on conference events).
 */
export class ConferenceStream {
  readonly #deps: Deps;
  readonly #rounds = new Map<string, Round>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Sends the list at once, then at every change; a problem while the gateway fails. */
  listen(stream: SessionStream, details: boolean, requestId: string): void {
    const { agent, session } = stream.bound;
    // A session that a backend bound may never see the answer that the inspectors of a VDN share.
    const name = `${agentKey(stream.bound)} ${session.boundBy} ${details}`;
    const shares = this.#deps.sharing === "vdn" && agent.vdnId !== null && session.boundBy === "sign-in";
    const roundName = shares ? `vdn ${agent.vdnId}` : name;
    const round = this.#rounds.get(roundName) ?? this.#begin(roundName);
    const known = round.audiences.get(name);
    const audience = known ?? this.#audience(details);
    audience.enter(stream, requestId);
    if (known === undefined) {
      round.audiences.set(name, audience);
      void audience.refresh();
    }
    stream.onEnd(() => {
      audience.leave(stream);
      if (!audience.isEmpty) return;
      if (round.audiences.get(name) === audience) round.audiences.delete(name);
      if (round.audiences.size > 0) return;
      round.callOff();
      if (this.#rounds.get(roundName) === round) this.#rounds.delete(roundName);
    });
  }

  close(): void {
    for (const round of this.#rounds.values()) round.callOff();
    this.#rounds.clear();
  }

  #begin(name: string): Round {
    const { sessions, intervalMs } = this.#deps;
    const audiences = new Map<string, Audience>();
    const refreshAll = (): void => {
      round.callOff = sessions.clock.after(intervalMs, refreshAll);
      // In one turn of the event loop: identical questions of one moment are asked once.
      for (const audience of audiences.values()) void audience.refresh();
    };
    const round: Round = { audiences, callOff: sessions.clock.after(intervalMs, refreshAll) };
    this.#rounds.set(name, round);
    return round;
  }

  #audience(details: boolean): Audience {
    const { sessions, lists, intervalMs, types } = this.#deps;
    const ask = async (asker: SessionStream) => lists.list(await asker.verified(), { details });
    return new Audience({ sessions, intervalMs, ask, types });
  }
}
