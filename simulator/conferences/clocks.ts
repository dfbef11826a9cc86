import type { Agenda } from "../agenda.ts";
import { type Settings, scaled } from "../settings.ts";
import { type Conference, MOST_MINUTES } from "./conference.ts";
import type { Conferences } from "./conferences.ts";
import type { News } from "./news.ts";

/**
 * The time of conferences that were applied for: a reminder to the chair when so many minutes are left (page 1412), and
 * the end of it. Those that were there before run for ever.
 */
export class ConferenceClocks {
  readonly #settings: Settings;
  readonly #agenda: Agenda;
  readonly #conferences: Conferences;
  readonly #news: News;
  readonly #running = new Map<bigint, { readonly promptMinutes: number; stop(): void }>();

  constructor(settings: Settings, agenda: Agenda, conferences: Conferences, news: News) {
    this.#settings = settings;
    this.#agenda = agenda;
    this.#conferences = conferences;
    this.#news = news;
  }

  start(conference: Conference, promptMinutes: number): void {
    this.#running.get(conference.id)?.stop();
    const minute = scaled(this.#settings, "conferenceMinuteMs");
    const left = conference.openedAt + conference.bookedMinutes * minute - performance.now();
    const stops = [
      this.#agenda.after(Math.max(0, left - promptMinutes * minute), () => this.#remind(conference)),
      this.#agenda.after(Math.max(0, left), () => this.#conferences.end(conference.id)),
    ];
    this.#running.set(conference.id, { promptMinutes, stop: () => void stops.map((stop) => stop()) });
  }

  /** Returns the minutes that were really added (page 1290): there is a most of them in all, and a site's own. */
  prolong(conference: Conference, minutes: number): number {
    const { mostProlongMinutes } = this.#settings;
    const most = Math.max(0, MOST_MINUTES - conference.bookedMinutes);
    const added = Math.min(minutes, most, mostProlongMinutes > 0 ? mostProlongMinutes : most);
    conference.bookedMinutes += added;
    this.#conferences.version += 1;
    const running = this.#running.get(conference.id);
    if (running !== undefined && added > 0) this.start(conference, running.promptMinutes);
    return added;
  }

  forget(id: bigint): void {
    this.#running.get(id)?.stop();
    this.#running.delete(id);
  }

  #remind(conference: Conference): void {
    const chair = conference.participants.find((one) => one.chair);
    if (chair !== undefined) this.#news.own(chair, "AgentConf_Timeout", conference);
  }
}

/** Of a clock in whole ms. */
const ROUNDING = 2 / 60_000;

/** Whole minutes since the start: real ones before the conference came to be here, the gateway's own since. */
export function elapsedMinutes({ startTime, openedAt }: Conference, settings: Settings): number {
  const here = performance.now() - openedAt;
  const before = Math.max(0, Date.now() - here - startTime);
  return Math.floor(before / 60_000 + here / scaled(settings, "conferenceMinuteMs") + ROUNDING);
}
