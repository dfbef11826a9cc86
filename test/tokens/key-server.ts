import assert from "node:assert/strict";
import type { KeyObject } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { causeOf } from "../../src/log/described-errors.ts";
import { type AppIssuerOptions, createTokenVerifier, type TokenVerifier } from "../../src/tokens/index.ts";
import { appConfig, noon, service } from "./forge.ts";

/** A public key as an issuer publishes it. */
export const jwkOf = (key: KeyObject, more: object = {}): object => ({ ...key.export({ format: "jwk" }), ...more });

/** An issuer's key server on a free port, with a verifier that gets its keys from there and a clock of its own. */
export class KeyServer implements AsyncDisposable {
  /** How it answers; a test may put another one in. */
  answer: RequestListener = (_request, response) => response.end(JSON.stringify({ keys: this.keys }));
  keys: readonly object[] = [];
  fetches = 0;
  /** By the wall clock. */
  now = noon;
  /** By the monotonic clock: only grows. */
  elapsed = 0;

  pass(ms: number): void {
    this.now += ms;
    this.elapsed += ms;
  }

  /** Of a fetch by the verifiers made from now on. */
  timeoutMs = 5_000;
  /** What the log is told: a host with the word for what was wrong, or `over`. */
  readonly told: string[] = [];
  get warnings(): readonly string[] {
    return this.told.filter((line) => line !== "over");
  }

  readonly #server: Server = createServer((request, response) => {
    this.fetches++;
    this.answer(request, response);
  });
  readonly #verifiers: TokenVerifier[] = [];

  static async start(...keys: readonly object[]): Promise<KeyServer> {
    const server = new KeyServer();
    server.keys = keys;
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** A verifier of this issuer, its first fetch under way. */
  verifier(algorithms: AppIssuerOptions["algorithms"] = ["RS256", "ES256"]): TokenVerifier {
    const url = `http://127.0.0.1:${this.port}/keys?of=app`;
    const verifier = createTokenVerifier(
      {
        app: appConfig({ algorithms, keys: { kind: "jwks", url, ca: null, proxy: null } }),
        ownSecrets: null,
        ...service,
      },
      {
        now: () => this.now,
        monotonic: () => this.elapsed,
        log: {
          keysNotAvailable: (host, fault) => void this.told.push(`${host} ${causeOf(fault)}`),
          keysFetched: () => void this.told.push("over"),
        },
        keySetTimeoutMs: this.timeoutMs,
      },
    );
    this.#verifiers.push(verifier);
    return verifier;
  }

  /** Lets an answer that nobody waits for arrive. */
  async settled(fetches: number): Promise<void> {
    const deadline = performance.now() + 2_000;
    while (this.fetches < fetches) {
      assert.ok(performance.now() < deadline, `${fetches} fetches were expected, ${this.fetches} came`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await new Promise((resolve) => setTimeout(resolve, 60));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const verifier of this.#verifiers) verifier.close();
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
