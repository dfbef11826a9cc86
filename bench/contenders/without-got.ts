// `node --import` of this file: the service as it is, with a stand-in for got that only passes the answer on. Nothing that
// could be shipped; it shows what is got's own share of a request, and what is left when that is gone.
import { EventEmitter } from "node:events";
import { registerHooks } from "node:module";
import type { Answer } from "../../src/gateway/connections.ts";

class Exchange extends EventEmitter {
  destroyed = false;

  constructor(request: () => Promise<Answer>) {
    super();
    const fail = (error: unknown): void => void this.emit("error", error);
    request().then((response) => {
      if (this.destroyed) return;
      this.emit("response", response);
      response.on("data", (chunk) => this.emit("data", chunk));
      response.on("end", () => this.emit("end"));
      response.on("error", fail);
    }, fail);
  }

  destroy(): void {
    this.destroyed = true;
  }

  end(): void {}
}

/** As much of got as the service's transport calls. */
const standIn = {
  extend: () => ({
    defaults: { options: {} },
    stream: (_url: string, { request }: { request: () => Promise<Answer> }) => new Exchange(request),
  }),
};
export default standIn;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "got" ? { url: import.meta.url, shortCircuit: true } : next(specifier, context),
});
