import type { OpenOptions } from "../sessions/stores/contract.ts";
import { storeContract } from "../sessions/stores/contract.ts";
import { FastForward } from "../support/fast-forward.ts";
import { SeededChance } from "./chance.ts";
import { Host } from "./host.ts";
import { RedisServer } from "./redis-server.ts";
import { RedisWire } from "./redis-wire.ts";
import { SqliteFile } from "./sqlite-file.ts";
import { SqliteWire } from "./sqlite-wire.ts";
import { StoreLine, type StoreWire } from "./store-line.ts";
import { Timeline } from "./timeline.ts";

/** The models are held to what every store does, with the ways to them: what histories are lived on is a store. */

/** Goes on by itself as long as something is under way. */
class RunningTimeline extends Timeline {
  #running = false;

  override at(when: number, call: () => void): () => void {
    const callOff = super.at(when, call);
    if (!this.#running) void this.#run();
    return callOff;
  }

  async #run(): Promise<void> {
    this.#running = true;
    // Timers that were called off are passed over at their time; nothing here lasts for longer than a command may.
    for (let turn = 0; this.awaited > 0 && turn < 20_000; turn++) {
      await this.pass(1, () => undefined);
      await new Promise(setImmediate);
    }
    this.#running = false;
  }
}

function parts(options: OpenOptions) {
  const chance = new SeededChance(1);
  const timeline = new RunningTimeline(chance.random);
  const time = new Host("instance", timeline, { rate: 1, monotonic: 1, off: 0 });
  const { clock = new FastForward(), eventsKept = 100, eventBounds } = options;
  const host = new Proxy(time, { get: (of, name) => (name === "clock" ? clock : Reflect.get(of, name, of)) });
  return { chance, timeline, host, clock, keys: ["first"], tell: () => undefined, stored: { eventsKept, eventBounds } };
}

async function line(wire: StoreWire): Promise<StoreLine> {
  return new StoreLine(wire);
}

storeContract("the model of Redis", (options) => {
  const { stored, clock, ...rest } = parts(options);
  const server = new RedisServer({ ...rest, ...stored, now: clock.monotonic, wall: clock.wall });
  return line(new RedisWire({ ...rest, server }));
});

storeContract("the model of sqlite", (options) => {
  const { stored, clock: _, ...rest } = parts(options);
  return line(new SqliteWire({ ...rest, file: new SqliteFile({ ...rest, ...stored }) }));
});
