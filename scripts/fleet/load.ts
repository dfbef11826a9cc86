import { setTimeout as wait } from "node:timers/promises";
import { Agent, request } from "undici";

/** What the load saw. */
interface Seen {
  readonly requests: number;
  /** Anything but 200, or no answer at all: what, and how often. */
  readonly failures: ReadonlyMap<string, number>;
  /** Times that a stream ended and was opened anew, each answered 200. */
  readonly reopened: number;
}

const PAUSE_MS = 5;
const SIGN_INS_AT_ONCE = 5;

/** Signs the agents in, each with a session of its own. Answers with their tokens. */
export async function signIn(url: string, agentIds: readonly string[]): Promise<string[]> {
  const tokens: string[] = [];
  for (let from = 0; from < agentIds.length; from += SIGN_INS_AT_ONCE)
    tokens.push(
      ...(await Promise.all(agentIds.slice(from, from + SIGN_INS_AT_ONCE).map((agentId) => signInOne(url, agentId)))),
    );
  return tokens;
}

async function signInOne(url: string, agentId: string): Promise<string> {
  const answer = await fetch(`${url}/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ agentId, password: `secret-${agentId}`, phoneNumber: "40038" }),
  });
  const body = (await answer.json()) as { token?: string; code?: string };
  if (body.token === undefined) throw new Error(`agent ${agentId} cannot sign in: ${answer.status} ${body.code}`);
  return body.token;
}

/**
 * Lists by every session without a pause to speak of, over connections that are kept, and a stream each that is opened anew whenever
 * it ends. Nothing is tried twice: what fails once counts.
 */
export class Load {
  readonly #url: string;
  readonly #agent = new Agent({ keepAliveTimeout: 30_000, connections: 64 });
  readonly #over = new AbortController();
  readonly #failures = new Map<string, number>();
  #requests = 0;
  #reopened = 0;
  readonly #running: Promise<void>[];

  constructor(url: string, tokens: readonly string[]) {
    this.#url = url;
    this.#running = tokens.flatMap((token) => [this.#list(token), this.#listen(token)]);
  }

  async stop(): Promise<Seen> {
    this.#over.abort();
    await Promise.all(this.#running);
    await this.#agent.destroy();
    return { requests: this.#requests, failures: this.#failures, reopened: this.#reopened };
  }

  async #list(token: string): Promise<void> {
    while (!this.#over.signal.aborted) {
      await this.#ask("/conferences", token, async (body) => void (await body.text()));
      await wait(PAUSE_MS);
    }
  }

  async #listen(token: string): Promise<void> {
    for (let opened = 0; !this.#over.signal.aborted; opened += 1) {
      if (opened > 0) this.#reopened += 1;
      await this.#ask("/conferences/stream", token, async (body) => {
        for await (const _ of body) if (this.#over.signal.aborted) break;
      });
      await wait(PAUSE_MS);
    }
  }

  async #ask(
    path: string,
    token: string,
    read: (body: Awaited<ReturnType<typeof request>>["body"]) => Promise<void>,
  ): Promise<void> {
    this.#requests += 1;
    try {
      const { statusCode, body } = await request(`${this.#url}${path}`, {
        dispatcher: this.#agent,
        headers: { authorization: `Bearer ${token}` },
        signal: this.#over.signal,
        bodyTimeout: 0,
      });
      await read(body);
      if (statusCode !== 200) this.#failed(`${path} ${statusCode}`);
    } catch (error) {
      if (this.#over.signal.aborted) return;
      this.#failed(`${path} ${error instanceof Error && "code" in error ? String(error.code) : "no answer"}`);
    }
  }

  #failed(what: string): void {
    this.#failures.set(what, (this.#failures.get(what) ?? 0) + 1);
  }
}
