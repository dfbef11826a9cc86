import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import type { Dice } from "./dice.ts";
import type { Instance } from "./instance.ts";
import { rest } from "./rest.ts";
import type { Tally } from "./tally.ts";
import { times } from "./times.ts";

const MOST_ATTEMPTS = 60;
const TRY_AGAIN_MS = 100;

export interface Request {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly token?: string | undefined;
  readonly body?: object;
}

export interface Answer {
  readonly status: number;
  /** Parsed, where it is JSON. */
  readonly body: unknown;
  /** The problem's code, else empty. */
  readonly code: string;
  /** An earlier attempt was cut, and may have worked. */
  readonly cut: boolean;
}

/**
 * What a balancer does for the clients: a connection that an instance refuses or resets because it was killed is tried
 * on another instance. What an answer says is the client's.
 */
export class Balancer {
  readonly #instances: readonly Instance[];
  readonly #tally: Tally;
  readonly #dice: Dice;
  readonly #sockets = new Agent({ keepAlive: true, maxFreeSockets: 32 });
  #closed = false;

  constructor(instances: readonly Instance[], tally: Tally, dice: Dice) {
    this.#instances = instances;
    this.#tally = tally;
    this.#dice = dice;
  }

  /** Null when nobody answered in time, which is counted as wrong, and after the close. */
  async send(asked: Request): Promise<Answer | null> {
    const operation = `${asked.method} ${asked.path.replace(/\d{2,}|chaos-[\w-]+/g, "{id}")}`;
    this.#tally.answered(operation);
    const until = AbortSignal.timeout(times.patienceMs);
    let cut = false;
    for (let attempt = 0; attempt < MOST_ATTEMPTS && !until.aborted && !this.#closed; attempt++) {
      if (attempt > 0) await rest(TRY_AGAIN_MS, until);
      const instance = this.choose();
      const lives = instance.lifeNow();
      try {
        return { ...(await this.sendTo(instance, asked, until)), cut };
      } catch (error) {
        if (this.#closed) return null;
        if (until.aborted) break;
        if (lives())
          this.#tally.wrongly(`${operation}: ${instance.name} lives and cut a connection (${codeOf(error)})`);
        this.#tally.failedOver += 1;
        if (codeOf(error) !== "ECONNREFUSED") cut = true;
      }
    }
    if (this.#closed) return null;
    this.#tally.wrongly(`${operation}: no answer within ${times.patienceMs} ms`);
    return null;
  }

  /** Rejects with the error of the connection. */
  async sendTo(instance: Instance, asked: Request, signal: AbortSignal): Promise<Omit<Answer, "cut">> {
    const response = await headOf(this.open(instance, asked, signal), asked.body);
    response.setEncoding("utf8");
    let text = "";
    for await (const chunk of response as AsyncIterable<string>) text += chunk;
    const isJson = /json/.test(response.headers["content-type"] ?? "");
    const body: unknown = isJson ? JSON.parse(text) : text;
    const status = response.statusCode ?? 0;
    const code = status >= 400 && typeof body === "object" && body !== null && "code" in body ? String(body.code) : "";
    return { status, body, code };
  }

  /** A request that is not ended yet. */
  open(instance: Instance, { method, path, token, body }: Request, signal: AbortSignal): ClientRequest {
    return request(`${instance.url}${path}`, {
      method,
      agent: this.#sockets,
      signal,
      headers: {
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
    });
  }

  /** Any instance that was ever up: a balancer does not know at once that one is gone. */
  choose(): Instance {
    const known = this.#instances.filter(({ url }) => url !== "");
    const chosen = this.#dice.pick(known);
    if (chosen === undefined) throw new Error("no instance has ever been up");
    return chosen;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Also ends what is under way. */
  close(): void {
    this.#closed = true;
    this.#sockets.destroy();
  }
}

export function headOf(sent: ClientRequest, body?: object): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once("response", resolve);
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
