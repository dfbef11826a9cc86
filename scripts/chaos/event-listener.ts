import { type Balancer, headOf } from "./balancer.ts";
import type { Device, World } from "./device.ts";
import type { Dice } from "./dice.ts";
import type { Instance } from "./instance.ts";
import { rest } from "./rest.ts";
import { readEvents, type StreamedEvent } from "./server-sent-events.ts";
import { count, type Tally } from "./tally.ts";

const COME_BACK_MS = 300;
/** Like a phone that sleeps: a stream that nobody cuts is left after a while, or all would end up at one instance. */
const LONGEST_STAY_MS = 12_000;

/** The event that the run has the gateway send, with a number that grows. */
export const NOTE = "Chaos_Note";

/**
 * Keeps one event stream of a device open, on whichever instance: comes back with `Last-Event-ID` when it is cut, as
 * browsers do. After a fault an event may come twice, when the store took it and could not say so; or late, when its
 * instance was cut off from the store and another has delivered newer ones meanwhile.
 */
export class EventListener {
  readonly #device: Device;
  readonly #path: string;
  readonly #balancer: Balancer;
  readonly #tally: Tally;
  readonly #dice: Dice;
  #lastId: string | null = null;
  readonly #notes = new Set<number>();
  #lastNote = 0;

  constructor(device: Device, path: string, { balancer, tally, dice }: World) {
    this.#device = device;
    this.#path = path;
    this.#balancer = balancer;
    this.#tally = tally;
    this.#dice = dice;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const instance = this.#balancer.choose();
      const lives = instance.lifeNow();
      const stay = this.#dice.between(LONGEST_STAY_MS / 8, LONGEST_STAY_MS);
      const leaving = AbortSignal.any([signal, AbortSignal.timeout(Math.round(stay))]);
      try {
        await this.#read(instance, leaving);
      } catch {
        if (!leaving.aborted && lives()) this.#tally.wrongly(`${instance.name} lives and cut a stream`);
      }
      await rest(COME_BACK_MS, signal);
    }
  }

  async #read(instance: Instance, signal: AbortSignal): Promise<void> {
    const { token, name } = this.#device;
    const sent = this.#balancer.open(instance, { method: "GET", path: this.#path, token }, signal);
    if (this.#lastId !== null) sent.setHeader("Last-Event-ID", this.#lastId);
    const response = await headOf(sent);
    if (response.statusCode !== 200) {
      response.setEncoding("utf8");
      let text = "";
      for await (const chunk of response as AsyncIterable<string>) text += chunk;
      const { code } = JSON.parse(text) as { code: string };
      return this.#tally.failed(`${name} ${this.#path}`, response.statusCode ?? 0, code);
    }
    this.#tally.streamsOpened += 1;
    for await (const event of readEvents(response)) this.#take(event);
  }

  #take({ id, event, data }: StreamedEvent): void {
    this.#tally.eventsReceived += 1;
    this.#lastId = id ?? this.#lastId;
    const body = JSON.parse(data) as { code?: string; type?: string; state?: string; content?: { note?: number } };
    if (event === "problem") count(this.#tally.streamProblems, body.code ?? "");
    if (event === "session-ended" || body.state === "ended") {
      this.#tally.wrongly(`${this.#device.name}: its stream says ${event} ${data}`);
    }
    if (event === "gateway-event" && body.type === NOTE) this.#takeNote(body.content?.note ?? 0);
  }

  #takeNote(note: number): void {
    if (this.#notes.has(note)) this.#tally.eventsTwice += 1;
    else if (note < this.#lastNote) this.#tally.eventsLate += 1;
    this.#notes.add(note);
    this.#lastNote = Math.max(this.#lastNote, note);
  }
}
