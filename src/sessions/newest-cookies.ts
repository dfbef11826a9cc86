import type { AgentId, Guid } from "../gateway/index.ts";
import type { CallOff, Clock } from "./clock.ts";
import type { AgentSession } from "./model.ts";

/** Between two writes of one agent's cookies. */
const PAUSE_MS = 1_000;

/** What the answers to calls with one Guid have left. */
interface Jar {
  readonly signInId: string;
  readonly guid: Guid;
  cookies: string;
  used: AgentSession;
  /** Not written yet. */
  isNews: boolean;
  dropNext: CallOff;
}

/**
 * Some gateways, and balancers before them, set another cookie with every answer. They are used at once, and written at once
 * if they are the first for a while; while many come, only the newest is, once a second. Unlike a Guid nothing is lost with
 * one.
 */
export class NewestCookies {
  readonly #clock: Clock;
  readonly #write: (used: AgentSession, cookies: string) => Promise<boolean>;
  readonly #jars = new Map<AgentId, Jar>();

  /** @param write answers whether it is done with; if not, it is asked again later. Never rejects. */
  constructor(clock: Clock, write: (used: AgentSession, cookies: string) => Promise<boolean>) {
    this.#clock = clock;
    this.#write = write;
  }

  /** The agent's cookies as they are to go out. */
  of(agent: AgentSession): string {
    return this.#jarOf(agent)?.cookies ?? agent.cookies;
  }

  async renew(used: AgentSession, cookies: string): Promise<void> {
    const { agentId, signInId, guid } = used;
    const known = this.#jarOf(used);
    if (known !== undefined) {
      Object.assign(known, { used, cookies, isNews: true });
      return;
    }
    this.#jars.get(agentId)?.dropNext();
    const jar: Jar = { signInId, guid, cookies, used, isNews: true, dropNext: () => undefined };
    this.#jars.set(agentId, jar);
    await this.#store(agentId, jar);
  }

  async flush(): Promise<void> {
    const news = [...this.#jars].filter(([, { isNews }]) => isNews);
    await Promise.all(news.map(([, { used, cookies }]) => this.#write(used, cookies)));
  }

  close(): void {
    for (const { dropNext } of this.#jars.values()) dropNext();
    this.#jars.clear();
  }

  #jarOf({ agentId, signInId, guid }: AgentSession): Jar | undefined {
    const jar = this.#jars.get(agentId);
    return jar?.signInId === signInId && jar.guid === guid ? jar : undefined;
  }

  async #store(agentId: AgentId, jar: Jar): Promise<void> {
    jar.isNews = false;
    if (!(await this.#write(jar.used, jar.cookies))) jar.isNews = true;
    if (this.#jars.get(agentId) !== jar) return;
    jar.dropNext = this.#clock.after(PAUSE_MS, () => {
      if (jar.isNews) void this.#store(agentId, jar);
      else this.#jars.delete(agentId);
    });
  }
}
