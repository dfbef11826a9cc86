import type { Clock } from "../clock.ts";
import { decoded } from "./content-coding.ts";
import { TransportFailure } from "./failure.ts";
import { createGotClient } from "./got-client.ts";
import type { Transport, TransportOptions } from "./port.ts";
import { createUndiciClient } from "./undici-client.ts";

export function createTransport(options: TransportOptions, clock: Clock, onInterim: () => void): Transport {
  /** Whether the gateway, or a proxy before it, was seen to send an interim answer, which undici cannot read. */
  let interim = false;
  const sawInterim = (): void => {
    if (!interim) onInterim();
    interim = true;
  };
  const careful = createGotClient(options, sawInterim);
  const quick = createUndiciClient(options, clock, sawInterim);
  return {
    async exchange(outgoing) {
      outgoing.signal?.throwIfAborted();
      if (outgoing.timeoutMs <= 0) throw new TransportFailure("timeout", "TIMEOUT", false);
      const client = interim || outgoing.lane === "single" ? careful : quick;
      const incoming = await client.exchange(outgoing);
      const coding = incoming.headers["content-encoding"];
      return coding === undefined
        ? incoming
        : { ...incoming, body: await decoded(incoming.body, coding, options.maxAnswer) };
    },
    close() {
      careful.close();
      quick.close();
    },
  };
}
