import type { Clock } from "../clock.ts";
import { decoded } from "./content-coding.ts";
import { TransportFailure } from "./failure.ts";
import type { Transport, TransportOptions } from "./port.ts";
import { createUndiciClient } from "./undici-client.ts";

/**
 * Two clients behind one port. got makes the calls that change something or are rare: its care for timeouts, errors and TLS
 * is worth its price there, and a gateway that undici cannot read gets all calls from it. It is read as a stream, so that an
 * answer which is too large is given up on its way; that costs no more than its promise.
 *
 * The list and the poll go by undici's `dispatch`, since they happen thousands of times a second and the client is a large
 * part of what they cost. Processor time a call, medians of three runs of `nice npx node bench/transport-cost.ts` on a busy
 * machine (Node 26.10.0, November 2026): 15 to 19 µs by `dispatch`, 24 to 30 by undici's `request`, 34 to 43 by node:http,
 * 158 to 202 by got's stream and 170 to 217 by its promise, 267 to 325 by got's stream on a connection each.
 */
export function createTransport(options: TransportOptions, clock: Clock, onInterim: () => void): Transport {
  /** Whether the gateway, or a proxy before it, was seen to send an interim answer, which undici cannot read. */
  let interim = false;
  const sawInterim = (): void => {
    if (!interim) onInterim();
    interim = true;
  };
  let careful: Promise<Transport> | null = null;
  // Read at its first use, which is the look at the gateway once the service listens: it keeps nobody waiting at the start.
  const carefulClient = (): Promise<Transport> => {
    careful ??= import("./got-client.ts").then(({ createGotClient }) => createGotClient(options, sawInterim));
    return careful;
  };
  let quick: Transport | null = null;
  const quickClient = (): Transport => {
    quick ??= createUndiciClient(options, clock, sawInterim);
    return quick;
  };
  return {
    async exchange(outgoing) {
      outgoing.signal?.throwIfAborted();
      if (outgoing.timeoutMs <= 0) throw new TransportFailure("timeout", "TIMEOUT", false);
      const client = interim || outgoing.lane === "single" ? await carefulClient() : quickClient();
      const incoming = await client.exchange(outgoing);
      const coding = incoming.headers["content-encoding"];
      return coding === undefined
        ? incoming
        : { ...incoming, body: await decoded(incoming.body, coding, options.maxAnswer) };
    },
    async readAhead() {
      quickClient();
      await carefulClient();
    },
    close() {
      void careful?.then((client) => client.close());
      quick?.close();
    },
  };
}
