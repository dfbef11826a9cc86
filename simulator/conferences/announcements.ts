import { scaled } from "../settings.ts";
import type { Conference, Participant } from "./conference.ts";
import type { Conferences } from "./conferences.ts";
import type { News } from "./news.ts";
import type { Surroundings } from "./surroundings.ts";

const NORMAL = 0;
const PLAYING_TO_CONFERENCE = 1;
const PLAYING_TO_PARTICIPANT = 2;

/** A file of this name is not there: its announcement ends at once, and badly. */
const MISSING = /\/missing[^/]*$/;

/** Voice files that play to a conference or to one of its members (pages 1295 to 1298), until they are over. */
export class Announcements {
  readonly #around: Surroundings;
  readonly #conferences: Conferences;
  readonly #news: News;
  readonly #playing = new Map<Conference | Participant, () => void>();

  constructor(around: Surroundings, conferences: Conferences, news: News) {
    this.#around = around;
    this.#conferences = conferences;
    this.#news = news;
  }

  /** Returns whether it could be begun: one at a time. */
  toConference(conference: Conference, file: string): boolean {
    return this.#play(conference, conference, file);
  }

  toParticipant(conference: Conference, one: Participant, file: string): boolean {
    return this.#play(conference, one, file);
  }

  /** Returns whether there was one to stop. */
  stop(conference: Conference, whom: Conference | Participant): boolean {
    if (!this.#playing.has(whom)) return false;
    this.#over(conference, whom, this.#around.settings.stoppedVoiceTold ? true : null);
    return true;
  }

  #play(conference: Conference, whom: Conference | Participant, file: string): boolean {
    if (this.#playing.has(whom)) return false;
    const well = !MISSING.test(file);
    whom.state = whom === conference ? PLAYING_TO_CONFERENCE : PLAYING_TO_PARTICIPANT;
    this.#conferences.version += 1;
    const ms = scaled(this.#around.settings, well ? "announcementMs" : "changeMs");
    const stop = this.#around.agenda.after(ms, () => this.#over(conference, whom, well));
    this.#playing.set(whom, stop);
    return true;
  }

  /** `well`: how the chair is told that it ended; `null`: not at all. */
  #over(conference: Conference, whom: Conference | Participant, well: boolean | null): void {
    this.#playing.get(whom)?.();
    this.#playing.delete(whom);
    if (whom.state === (whom === conference ? PLAYING_TO_CONFERENCE : PLAYING_TO_PARTICIPANT)) whom.state = NORMAL;
    this.#conferences.version += 1;
    const eventType = whom === conference ? "AgentConf_StopVoice" : "AgentConf_StopParticipantVoice";
    if (well !== null) this.#news.announcementEnded(conference, eventType, well);
  }
}
