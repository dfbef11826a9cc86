import type { Answer, Balancer } from "./balancer.ts";
import type { Dice } from "./dice.ts";
import type { Tally } from "./tally.ts";

/** Conferences of the simulator's world that stay; one id is past 2^53. */
const LASTING = ["355840", "1029888", "9007199254740993"] as const;

export interface World {
  readonly balancer: Balancer;
  readonly tally: Tally;
  readonly dice: Dice;
}

/** One signed-in device: what it asks, and that the answers are the right ones. */
export class Device {
  readonly agentId: string;
  readonly token: string;
  readonly name: string;
  readonly #world: World;

  constructor(world: World, agentId: string, token: string, name: string) {
    this.#world = world;
    this.agentId = agentId;
    this.token = token;
    this.name = name;
  }

  /** One question of those that an app asks all the time. True when it was answered with success. */
  async read(): Promise<boolean> {
    const { dice } = this.#world;
    const roll = dice.roll();
    if (roll < 0.45) return this.#list("/conferences");
    if (roll < 0.7) return this.#list("/conferences?expand=details");
    if (roll < 0.85) return this.#one(dice.pick(LASTING));
    return this.#session();
  }

  async #list(path: string): Promise<boolean> {
    const answer = await this.#ask(path);
    if (answer === null) return false;
    const { conferences } = answer.body as { conferences: { id: string }[] };
    const ids = new Set(conferences.map(({ id }) => id));
    if (!LASTING.every((id) => ids.has(id))) this.#wrong(`${path} has ${[...ids].join(" ")}`);
    return true;
  }

  async #one(id: string): Promise<boolean> {
    const answer = await this.#ask(`/conferences/${id}`);
    if (answer === null) return false;
    if ((answer.body as { id: string }).id !== id) this.#wrong(`conference ${id} is ${JSON.stringify(answer.body)}`);
    return true;
  }

  async #session(): Promise<boolean> {
    const answer = await this.#ask("/session");
    if (answer === null) return false;
    const { agentId } = answer.body as { agentId: string };
    if (agentId !== this.agentId) this.#wrong(`the session is agent ${agentId}'s`);
    return true;
  }

  async #ask(path: string): Promise<Answer | null> {
    const { balancer, tally } = this.#world;
    const answer = await balancer.send({ method: "GET", path, token: this.token });
    if (answer === null || answer.status === 200) return answer;
    tally.failed(`${this.name} GET ${path}`, answer.status, answer.code);
    return null;
  }

  #wrong(text: string): void {
    this.#world.tally.wrongly(`${this.name} (agent ${this.agentId}): ${text}`);
  }
}
