import type { Timeline } from "./timeline.ts";

const MOST_KEPT = 50;

/** The three statuses that a client may meet when what is behind the service fails. */
const ALLOWED: ReadonlySet<number> = new Set([502, 503, 504]);

/** Everything that is counted while the run goes on. */
export class Tally {
  readonly calls = new Map<string, number>();
  /** By status and problem code, those that a client had to expect. */
  readonly failures = new Map<string, number>();
  /** After an attempt of the same client was cut or failed, the truth about it: that it had worked, or still does. */
  readonly consequences = new Map<string, number>();
  readonly faults = new Map<string, number>();
  /** Problems that streams told of while they stayed open. */
  readonly streamProblems = new Map<string, number>();
  /** What must not happen. */
  readonly wrong: string[] = [];
  wrongs = 0;
  /** Calls that were sent to another instance because the first one was killed or ended. */
  failedOver = 0;
  /** Polls that a gateway which stood still had to meet too soon after answers that nobody had got from it yet. */
  hastyWhilePaused = 0;
  streamsOpened = 0;
  eventsReceived = 0;
  eventsTwice = 0;
  eventsLate = 0;
  signIns = 0;
  signOuts = 0;
  readonly #timeline: Timeline;
  readonly #started = performance.now();

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** A failure that the whole run is judged by. */
  wrongly(text: string): void {
    this.wrongs += 1;
    const at = ((performance.now() - this.#started) / 1_000).toFixed(1);
    this.#timeline.say("WRONG", text);
    if (this.wrong.length < MOST_KEPT) this.wrong.push(`${at} s: ${text}`);
  }

  fault(name: string): void {
    count(this.faults, name);
    this.#timeline.say("fault", name);
  }

  answered(operation: string): void {
    count(this.calls, operation);
  }

  /** @param asConsequence codes outside of 502, 503 and 504 that are the truth here */
  failed(what: string, status: number, code: string, asConsequence: readonly string[] = []): void {
    if (ALLOWED.has(status)) count(this.failures, `${status} ${code}`);
    else if (asConsequence.includes(code)) count(this.consequences, `${status} ${code}`);
    else {
      count(this.failures, `${status} ${code}`);
      this.wrongly(`${what}: ${status} ${code}`);
    }
  }
}

export function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

export const sum = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((a, b) => a + b, 0);
