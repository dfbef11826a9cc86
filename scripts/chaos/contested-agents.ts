import { headOf } from "./balancer.ts";
import type { World } from "./device.ts";
import { NOTE } from "./event-listener.ts";
import type { SimulatedGateway } from "./gateway.ts";
import { rest } from "./rest.ts";
import type { Secrets } from "./secrets.ts";
import { readEvents } from "./server-sent-events.ts";

const MOST_ATTEMPTS = 80;
const TRY_AGAIN_MS = 300;
const COME_BACK_MS = 200;
const NOTE_EVERY_MS = 120;
const LONGEST_STAY_MS = 6_000;

/** From this moment on (epoch ms), only this subject has tried to sign the agent in. */
interface Turn {
  readonly subject: string;
  readonly from: number;
}

interface Heard {
  readonly subject: string;
  /** `loginTime` of the sign-in that the event belongs to, epoch ms. */
  readonly loginTime: number;
}

/**
 * An agent whom two users push out of each other's hands all the time. Both listen throughout and come back with the id
 * of the last event that they had; every event that the run has the gateway send names the sign-in that it belongs to.
 * What one hears of the other's is a foreign event: there may be none.
 */
export class ContestedAgent {
  readonly #agentId: string;
  readonly #world: World;
  readonly #gateway: SimulatedGateway;
  readonly #tokens: ReadonlyMap<string, string>;
  readonly #turns: Turn[] = [];
  readonly #heard: Heard[] = [];

  constructor(agentId: string, world: World, secrets: Secrets, gateway: SimulatedGateway) {
    this.#agentId = agentId;
    this.#world = world;
    this.#gateway = gateway;
    this.#tokens = new Map(
      ["one", "other"].map((name) => {
        const subject = `chaos-${name}-of-${agentId}`;
        return [subject, secrets.appToken(subject, `session-${subject}`)];
      }),
    );
  }

  async run(signal: AbortSignal): Promise<void> {
    const listening = [...this.#tokens].map(([subject, token]) => this.#listen(subject, token, signal));
    await Promise.all([this.#pushAround(signal), this.#sendNotes(signal), ...listening]);
  }

  /** Events that named another's sign-in, each with the words for the report. */
  foreign(): string[] {
    return this.#heard.flatMap(({ subject, loginTime }) => {
      const owner = this.#turns.findLast(({ from }) => from <= loginTime)?.subject;
      return owner === undefined || owner === subject ? [] : [`${subject} heard of a sign-in of ${owner}`];
    });
  }

  get heard(): number {
    return this.#heard.length;
  }

  async #pushAround(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const [subject, token] of this.#tokens) {
        if (signal.aborted) return;
        this.#turns.push({ subject, from: Date.now() });
        await this.#signIn(subject, token, signal);
        await rest(this.#world.dice.between(300, 3_000), signal);
      }
    }
  }

  /** Until it is done: an attempt that was cut may still be under way, and is this user's all the same. */
  async #signIn(subject: string, token: string, signal: AbortSignal): Promise<void> {
    const { balancer, tally } = this.#world;
    const body = { agentId: this.#agentId, password: `secret-${this.#agentId}`, phoneNumber: "40038", force: true };
    for (let attempt = 0; attempt < MOST_ATTEMPTS && !balancer.isClosed; attempt++) {
      const answer = await balancer.send({ method: "POST", path: "/session", token, body });
      if (answer !== null && answer.status < 300) {
        tally.signIns += 1;
        return;
      }
      if (answer !== null) tally.failed(`${subject} sign-in`, answer.status, answer.code, ["sign-in-in-progress"]);
      await rest(TRY_AGAIN_MS, signal.aborted ? new AbortController().signal : signal);
    }
    if (!balancer.isClosed) tally.wrongly(`${subject}: could not sign in, ${MOST_ATTEMPTS} times`);
  }

  async #sendNotes(signal: AbortSignal): Promise<void> {
    for (let note = 1; !signal.aborted; note++) {
      // Nobody is asked while the gateway stands still.
      await this.#gateway.sendEvent(this.#agentId, NOTE, { note }, true).catch(() => undefined);
      await rest(NOTE_EVERY_MS, signal);
    }
  }

  async #listen(subject: string, token: string, signal: AbortSignal): Promise<void> {
    const { balancer, dice } = this.#world;
    let lastId: string | null = null;
    while (!signal.aborted) {
      const leaving = AbortSignal.any([signal, AbortSignal.timeout(Math.round(dice.between(500, LONGEST_STAY_MS)))]);
      try {
        const path = "/session/events";
        const sent = balancer.open(balancer.choose(), { method: "GET", path, token }, leaving);
        if (lastId !== null) sent.setHeader("Last-Event-ID", lastId);
        const response = await headOf(sent);
        // Pushed out, or the service cannot say: it tries again.
        if (response.statusCode === 200) {
          for await (const { id, event, data } of readEvents(response)) {
            lastId = id ?? lastId;
            if (event === "gateway-event") this.#take(subject, data);
          }
        } else response.resume();
      } catch {
        // Cut, or left; what counts is what was heard.
      }
      await rest(COME_BACK_MS, signal);
    }
  }

  #take(subject: string, data: string): void {
    const { type, content } = JSON.parse(data) as { type?: string; content?: { loginTime?: string } };
    if (type === NOTE && content?.loginTime !== undefined) {
      this.#heard.push({ subject, loginTime: Number(content.loginTime) });
    }
  }
}
