import type { Request, RequestHandler, Response } from "express";
import { ipKeyGenerator, type Options, type RateLimitInfo, rateLimit, type Store } from "express-rate-limit";
import { Problem } from "../problems.ts";
import { clientAddress } from "./client-address.ts";
import type { HttpOptions } from "./options.ts";

const WINDOW_MS = 60_000;
/** One address may stand for a whole office, and one agent id be tried from many addresses: wider bounds for both. */
const WIDER = 10;

/** Where the library leaves what it has counted, and the headers that tell it. */
const INFO = "rateLimit";
const HEADERS = ["RateLimit", "RateLimit-Policy"];
type Limited = Request & { readonly [INFO]: RateLimitInfo };

type LimitsConfig = Pick<HttpOptions, "rateLimitPerMinute" | "signInLimitPerMinute">;

/** Makes the store that counts under a prefix; left out: counted in this process. */
export type CounterStore = (prefix: string) => Store;

/**
 * What a client may ask for in a minute, in fixed windows. Requests are counted per session in each process; sign-ins
 * per address and agent id together, and ten times as many per address and per agent id alone, by all instances that
 * share a store.
 */
export class Limits {
  readonly #config: LimitsConfig;
  readonly #signIn: readonly RequestHandler[];
  readonly #agentIds = new WeakMap<Request, string>();

  constructor(config: LimitsConfig, counters?: CounterStore) {
    this.#config = config;
    const { signInLimitPerMinute: limit } = config;
    const agentOf = (request: Request): string => this.#agentIds.get(request) ?? "";
    const addressOf = (request: Request): string => ipKeyGenerator(clientAddress(request));
    const count = (name: string, most: number, keyGenerator: (request: Request) => string): RequestHandler =>
      limiter({ limit: most, keyGenerator, ...(counters === undefined ? {} : { store: counters(name) }) });
    // The narrowest first: what it refuses is not counted for the agent id alone, or one address could lock every agent
    // out for everybody.
    this.#signIn = [
      count("both", limit, (request) => `${addressOf(request)} ${agentOf(request)}`),
      count("address", limit * WIDER, addressOf),
      count("agent", limit * WIDER, agentOf),
    ];
  }

  perSession(name: (request: Request) => string): RequestHandler {
    return limiter({ limit: this.#config.rateLimitPerMinute, keyGenerator: name });
  }

  /**
   * Throws `rate-limited`, or `session-store-unavailable` when the shared counters are away. `RateLimit` tells the limit
   * that leaves the least, or a client would meet another one unprepared.
   */
  async signIn(request: Request, response: Response, agentId: string): Promise<void> {
    this.#agentIds.set(request, agentId);
    let narrowest: { readonly remaining: number; readonly headers: readonly (readonly [string, string])[] } | undefined;
    for (const limit of this.#signIn) {
      await new Promise<void>((resolve, reject) => {
        void limit(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
      });
      const { remaining } = (request as Limited)[INFO];
      if (narrowest !== undefined && narrowest.remaining <= remaining) continue;
      narrowest = { remaining, headers: HEADERS.map((name) => [name, String(response.getHeader(name))]) };
    }
    for (const [name, value] of narrowest?.headers ?? []) response.setHeader(name, value);
  }
}

function limiter(options: Partial<Options>): RequestHandler {
  return rateLimit({
    windowMs: WINDOW_MS,
    requestPropertyName: INFO,
    standardHeaders: "draft-7",
    legacyHeaders: false,
    passOnStoreError: false,
    // Checked by our own configuration; its warnings would go to the console.
    validate: false,
    handler: (_request, response, next) => {
      const seconds = Number(response.getHeader("Retry-After"));
      next(new Problem("rate-limited", Number.isFinite(seconds) && seconds > 0 ? { retryAfter: seconds } : {}));
    },
    ...options,
  });
}
