import type { Answer, Request } from "./balancer.ts";
import { Device, type World } from "./device.ts";
import type { SimulatedGateway } from "./gateway.ts";
import { rest } from "./rest.ts";
import type { Secrets } from "./secrets.ts";
import { times } from "./times.ts";

const MOST_ATTEMPTS = 80;
const TRY_AGAIN_MS = 300;
/**
 * So long after a cut call the next sign-in may find one under way: an instance that lives follows the first to its end, and
 * the lease of a killed one lasts for 5 s (sign-in-lease.ts).
 */
const stillSigningInMs = (): number => times.gatewayTimeoutMs * 4 + 5_000;
/** An agent whose bind was cut, and all tries of it since, is signed out within this. */
const HALF_DONE_MS = 60_000;

/** Agents that come and go all the time, each with one client that waits for every answer before it goes on. */
export class ChangingAgents {
  readonly #world: World;
  readonly #secrets: Secrets;
  readonly #gateway: SimulatedGateway;
  /** When a call about the agent was last cut or failed, or left something to be done: a reading of `performance.now()`. */
  readonly #troubled = new Map<string, number>();
  #count = 0;

  constructor(world: World, secrets: Secrets, gateway: SimulatedGateway) {
    this.#world = world;
    this.#secrets = secrets;
    this.#gateway = gateway;
  }

  /** Signs in with a token of the apps' issuer and with the service's own in turn, asks, signs out. */
  async comeAndGo(agentId: string, signal: AbortSignal): Promise<void> {
    const credentials = { agentId, password: `secret-${agentId}`, phoneNumber: "40038", force: true };
    for (let round = 0; !signal.aborted; round++) {
      const name = this.#newName();
      const token = round % 2 === 0 ? this.#secrets.appToken(`user-${agentId}`, name) : undefined;
      const signIn: Request = { method: "POST", path: "/session", token, body: credentials };
      const signedIn = await this.#insist(agentId, `${name} sign-in`, () => signIn, signal);
      if (signedIn === null) continue;
      this.#world.tally.signIns += 1;
      const issued = (signedIn.body as { token?: string }).token;
      const device = new Device(this.#world, agentId, token ?? issued ?? "", name);
      await this.#use(device, signal);
      const signOut: Request = { method: "DELETE", path: "/session", token: device.token };
      // A sign-out that was cut may have worked: then its session is not found any more.
      if ((await this.#insist(agentId, `${name} sign-out`, () => signOut, signal, ["session-not-found"])) !== null) {
        this.#world.tally.signOuts += 1;
      }
      await rest(this.#world.dice.between(50, 500), signal);
    }
  }

  /** A backend signs the agent in by itself, binds its session, and revokes it after a while. */
  async bindAndRevoke(agentId: string, signal: AbortSignal): Promise<void> {
    const token = this.#secrets.serviceToken();
    while (!signal.aborted) {
      const name = this.#newName();
      const path = `/sessions/${name}`;
      const subject = `user-${agentId}`;
      await this.#gateway.signIn(agentId);
      const bind = async (): Promise<Request> => {
        // Bound by a cut attempt, the agent is polled already: its Guid may be another one by now.
        let { guid, cookie } = await this.#gateway.agent(agentId);
        if (guid === null) {
          // What a cut attempt has left without a session is signed out after half a minute, and nothing else is.
          if (!this.#isTroubled(agentId, HALF_DONE_MS)) this.#world.tally.wrongly(`${name} bind: was signed out`);
          ({ guid, cookie } = await this.#gateway.signIn(agentId));
        }
        return { method: "PUT", path, token, body: { agentId, guid, cookie, subject, keepAlive: "managed" } };
      };
      if ((await this.#insist(agentId, `${name} bind`, bind, signal)) === null) continue;
      this.#world.tally.signIns += 1;
      await this.#use(new Device(this.#world, agentId, this.#secrets.appToken(subject, name), name), signal);
      await this.#insist(agentId, `${name} revoke`, () => ({ method: "DELETE", path, token }), signal);
      // The agent is signed out after the answer, which may keep the next bind waiting for too long.
      this.#troubled.set(agentId, performance.now());
      this.#world.tally.signOuts += 1;
      await rest(this.#world.dice.between(50, 500), signal);
    }
  }

  async #use(device: Device, signal: AbortSignal): Promise<void> {
    const until = performance.now() + this.#world.dice.between(500, 4_000);
    while (performance.now() < until && !signal.aborted) {
      await device.read();
      await rest(this.#world.dice.between(100, 500), signal);
    }
  }

  /** Until it is done: also when the run is over, so that nothing is left half done. Null: it never was. */
  async #insist(
    agentId: string,
    what: string,
    ask: () => Request | Promise<Request>,
    signal: AbortSignal,
    whenCut: readonly string[] = [],
  ): Promise<Answer | null> {
    const { balancer, tally } = this.#world;
    for (let attempt = 0; attempt < MOST_ATTEMPTS && !balancer.isClosed; attempt++) {
      const answer = await balancer.send(await ask());
      if (answer === null || answer.cut || answer.status >= 502) this.#troubled.set(agentId, performance.now());
      if (answer !== null && answer.status < 300) return answer;
      if (answer !== null) {
        const consequences = this.#isTroubled(agentId, stillSigningInMs()) ? ["sign-in-in-progress", ...whenCut] : [];
        tally.failed(what, answer.status, answer.code, consequences);
        if (consequences.includes(answer.code) && whenCut.includes(answer.code)) return answer;
      }
      // Not cut short by the end of the run.
      await rest(TRY_AGAIN_MS, signal.aborted ? new AbortController().signal : signal);
    }
    if (!balancer.isClosed) tally.wrongly(`${what}: in vain, ${MOST_ATTEMPTS} times`);
    return null;
  }

  #isTroubled(agentId: string, withinMs: number): boolean {
    return performance.now() - (this.#troubled.get(agentId) ?? Number.NEGATIVE_INFINITY) < withinMs;
  }

  #newName(): string {
    this.#count += 1;
    return `chaos-coming-${this.#count}`;
  }
}
