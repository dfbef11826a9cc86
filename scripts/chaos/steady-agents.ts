import { Device, type World } from "./device.ts";
import { EventListener } from "./event-listener.ts";
import { rest } from "./rest.ts";
import type { Secrets } from "./secrets.ts";

const DEVICES_EACH = 2;
/** Of a device between two questions: 125 to 500 ms. */
const LONGEST_PAUSE_MS = 500;
const MOST_SIGN_IN_ATTEMPTS = 20;

/** Agents whose sessions are bound at the start and have to live to the end, whatever happens in between. */
export class SteadyAgents {
  readonly devices: readonly Device[];
  readonly #world: World;

  constructor(world: World, secrets: Secrets, agentIds: readonly string[]) {
    this.#world = world;
    this.devices = agentIds.flatMap((agentId) =>
      Array.from({ length: DEVICES_EACH }, (_, place) => {
        const name = `chaos-${agentId}-${place}`;
        return new Device(world, agentId, secrets.appToken(`user-${agentId}`, name), name);
      }),
    );
  }

  async signIn(): Promise<void> {
    for (const device of this.devices) await this.#signIn(device);
  }

  /** Asks and listens until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(
      this.devices.flatMap((device, place) => {
        const path = place % 4 === 0 ? "/conferences/stream?expand=details" : "/session/events";
        const listener = new EventListener(device, path, this.#world);
        return place % 2 === 0 ? [this.#ask(device, signal), listener.run(signal)] : [this.#ask(device, signal)];
      }),
    );
  }

  /** The sessions that do not answer any more, although nobody has ended them. */
  async lost(withinMs: number): Promise<string[]> {
    const over = AbortSignal.timeout(withinMs);
    const lost = await Promise.all(
      this.devices.map(async (device) => {
        while (!over.aborted) {
          if (await device.read()) return [];
          await rest(200, over);
        }
        return [device.name];
      }),
    );
    return lost.flat();
  }

  async #ask(device: Device, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await device.read();
      await rest(this.#world.dice.between(LONGEST_PAUSE_MS / 4, LONGEST_PAUSE_MS), signal);
    }
  }

  async #signIn({ agentId, token, name }: Device): Promise<void> {
    const { balancer, tally } = this.#world;
    const body = { agentId, password: `secret-${agentId}`, phoneNumber: "40038" };
    for (let attempt = 0; attempt < MOST_SIGN_IN_ATTEMPTS; attempt++) {
      const answer = await balancer.send({ method: "POST", path: "/session", token, body });
      if (answer?.status === 201 || answer?.status === 200) {
        tally.signIns += 1;
        return;
      }
    }
    throw new Error(`${name} cannot sign in before any fault`);
  }
}
