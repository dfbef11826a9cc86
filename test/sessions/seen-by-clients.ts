import assert from "node:assert/strict";
import { after, type TestContext } from "node:test";
import type { Simulator } from "../../simulator/index.ts";
import type { Device } from "../support/device.ts";

const sum = { calls: 0, failed: 0, overlapping: 0, rotations: 0, polls: 0 };

/** What no race may ever make a client of the gateway do. */
export function assertInTurn({ control }: Simulator): void {
  const { counts, recent } = control.violations();
  sum.overlapping += counts.overlappingPoll;
  sum.polls += control.state().calls.poll;
  sum.rotations += control.state().counters.rotations;
  const { overlappingPoll, overlappingSignIn, hastyPoll, hastyPollAfterFault, unknownGuid } = counts;
  const wrong = { overlappingPoll, overlappingSignIn, hastyPoll, hastyPollAfterFault, unknownGuid };
  const none = { overlappingPoll: 0, overlappingSignIn: 0, hastyPoll: 0, hastyPollAfterFault: 0, unknownGuid: 0 };
  assert.deepEqual(wrong, none, JSON.stringify(recent));
}

export function assertUnseen(load: Load): void {
  sum.calls += load.calls;
  sum.failed += load.failed;
  assert.equal(load.failed, 0, `${JSON.stringify([...load.answers])} ${load.failures.join("\n")}`);
  assert.ok(load.calls > 0);
}

/** At the end of a file: how much was tried, and what went wrong. */
export function sayWhatWasSeen(): void {
  after(() => {
    const { calls, failed, overlapping, rotations, polls } = sum;
    console.log(
      `fleet: ${calls} calls made, ${failed} failures seen by clients, ${rotations} rotations, ` +
        `${polls} polls, ${overlapping} overlapping polls`,
    );
  });
}

/** Clients that ask without a pause, and what they were answered. */
export class Load {
  /** How many answers there were of each status; 0: none came at all. */
  readonly answers = new Map<number, number>();
  /** The bodies of the first that were no success. */
  readonly failures: string[] = [];
  readonly #loops: Promise<void>[] = [];
  #ending = false;

  constructor(t: TestContext) {
    t.after(() => this.end());
  }

  /** One more client of `path`, at any of the URLs in turn. */
  add(urls: readonly string[], { token }: Device, path: string, pauseMs = 0): void {
    const loop = async (): Promise<void> => {
      for (let turn = 0; !this.#ending; turn++) {
        await this.#ask(`${urls[turn % urls.length]}${path}`, token);
        if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    };
    this.#loops.push(loop());
  }

  get calls(): number {
    return [...this.answers.values()].reduce((sum, count) => sum + count, 0);
  }

  get failed(): number {
    return this.calls - (this.answers.get(200) ?? 0);
  }

  async end(): Promise<void> {
    this.#ending = true;
    await Promise.all(this.#loops);
  }

  async #ask(url: string, token: string): Promise<void> {
    let status = 0;
    try {
      const answer = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
      const body = await answer.text();
      status = answer.status;
      if (status !== 200 && this.failures.length < 10) this.failures.push(body);
    } catch (error) {
      if (this.failures.length < 10) this.failures.push(String(error));
    }
    this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
  }
}
