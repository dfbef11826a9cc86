import type { ConferenceSpec, LeaveReason, ParticipantSpec } from "./conferences/conference.ts";
import type { Conferences } from "./conferences/conferences.ts";

/** A conference of the scenario is known by a name: its id is the gateway's to give. */
export type Step = { readonly waitMs: number } & (
  | { readonly start: string; readonly conference: ConferenceSpec }
  | { readonly join: string; readonly participant: ParticipantSpec }
  | { readonly leave: string; readonly address: string; readonly reason?: LeaveReason }
  | {
      readonly change: string;
      readonly address: string;
      readonly to: { readonly audio?: number; readonly state?: number; readonly chair?: true };
    }
  | { readonly announce: string; readonly playing: boolean }
  | { readonly end: string }
);

export interface Scenario {
  readonly repeat: boolean;
  readonly steps: readonly Step[];
}

/** Half a minute of an ordinary day, over and over: conferences of VDN 1 come, change and go. */
export const ORDINARY_DAY: Scenario = {
  repeat: true,
  steps: [
    { waitMs: 4000, start: "morning", conference: { participants: [{ address: "70101", kind: "phone" }] } },
    { waitMs: 3000, join: "morning", participant: { address: "1254" } },
    { waitMs: 3000, change: "morning", address: "70101", to: { audio: 1 } },
    { waitMs: 3000, start: "hotline", conference: { bookedMinutes: 15, participants: [{ address: "1255" }] } },
    { waitMs: 3000, join: "hotline", participant: { address: "70102", kind: "phone" } },
    { waitMs: 2000, change: "morning", address: "1254", to: { chair: true } },
    { waitMs: 2000, change: "hotline", address: "70102", to: { state: 1 } },
    { waitMs: 3000, leave: "morning", address: "70101", reason: "hung-up" },
    { waitMs: 2000, announce: "hotline", playing: true },
    { waitMs: 3000, end: "morning" },
    { waitMs: 3000, end: "hotline" },
  ],
};

/** Plays a scenario until stopped. Steps whose conference or participant is gone meanwhile are passed over. */
export function playScenario(scenario: Scenario, conferences: Conferences, timeScale: () => number): () => void {
  const ids = new Map<string, bigint>();
  let timer: NodeJS.Timeout | undefined;
  const next = (place: number) => {
    const at = scenario.repeat && scenario.steps.length > 0 ? place % scenario.steps.length : place;
    const step = scenario.steps[at];
    if (step === undefined) return;
    timer = setTimeout(() => {
      try {
        take(step, ids, conferences);
      } catch (error) {
        if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
      }
      next(at + 1);
    }, step.waitMs / timeScale());
    timer.unref();
  };
  next(0);
  return () => clearTimeout(timer);
}

function take(step: Step, ids: Map<string, bigint>, conferences: Conferences): void {
  const id = (name: string) => {
    const known = ids.get(name);
    if (known === undefined) throw new RangeError(`no conference ${name}`);
    return known;
  };
  if ("start" in step) ids.set(step.start, conferences.start(step.conference).id);
  else if ("join" in step) conferences.join(id(step.join), step.participant);
  else if ("leave" in step) conferences.leave(id(step.leave), step.address, step.reason);
  else if ("change" in step) conferences.changeParticipant(id(step.change), step.address, step.to);
  else if ("announce" in step) conferences.change(id(step.announce), { state: step.playing ? 1 : 0 });
  else conferences.end(id(step.end));
}
