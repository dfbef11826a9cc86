import { createRemoteJWKSet, customFetch, errors, type FetchImplementation } from "jose";
import { KeySetFault } from "./key-set-fault.ts";

/** Octets. The sets of large identity providers have 10 to 20 KiB. */
const LARGEST_SET = 256 * 1024;

/** As much of `fetch` as a key set needs, so that trust and proxy can be its own. Redirections are not followed. */
export type KeySetFetch = (url: string, init: KeySetRequest) => Promise<KeySetAnswer>;

interface KeySetRequest {
  readonly method: "GET";
  readonly redirect: "manual";
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
}

interface KeySetAnswer {
  readonly status: number;
  readonly body: (AsyncIterable<Uint8Array> & { cancel(): Promise<void> }) | null;
}

interface KeySetPlace {
  readonly url: URL;
  readonly fetch: KeySetFetch;
  /** Of one fetch, its whole answer included. */
  readonly timeoutMs: number;
  /** Ends the fetch under way. */
  readonly closing: AbortSignal;
}

/**
 * Reads a set anew each time that it is asked. jose fetches, times out and validates; it is told never to look at the
 * age of the set, because it would rather have none than an old one.
 *
 * @returns what rejects with {@link KeySetFault} where no set can be had
 */
export function keySetReader({ url, fetch, timeoutMs, closing }: KeySetPlace): () => Promise<readonly object[]> {
  const remote = createRemoteJWKSet(url, {
    timeoutDuration: timeoutMs,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    [customFetch]: boundedFetch(fetch, closing),
  });
  return async () => {
    try {
      await remote.reload();
    } catch (error) {
      throw faultOf(error);
    }
    return remote.jwks()?.keys ?? [];
  };
}

/**
 * Fetches a key set for jose, which sets the deadline and reads the text; what jose does not do is bound the size. The
 * octets are counted after decompression, so a small answer cannot become a huge one.
 *
 * @param closing ends the fetch under way
 */
function boundedFetch(fetch: KeySetFetch, closing: AbortSignal): FetchImplementation {
  return async (url, { headers, signal }) => {
    const { status, body } = await fetch(url, {
      method: "GET",
      redirect: "manual",
      headers: Object.fromEntries(headers),
      signal: AbortSignal.any([signal, closing]),
    });
    if (status !== 200 || body === null) {
      await body?.cancel();
      throw new KeySetFault(`HTTP_${status}`);
    }
    return new Response(new Blob(await chunksOf(body, signal)));
  };
}

async function chunksOf(body: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>[]> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.byteLength;
      // Leaving the loop cancels the body and with it the connection.
      if (size > LARGEST_SET) throw new KeySetFault("TOO_LARGE");
      chunks.push(new Uint8Array(chunk));
    }
  } catch (error) {
    throw error instanceof KeySetFault || signal.aborted ? error : new KeySetFault("CUT_OFF", error);
  }
  return chunks;
}

/** What jose made of it, in the words that the log has for the gateway's faults too. */
function faultOf(error: unknown): KeySetFault {
  if (error instanceof KeySetFault) return error;
  if (error instanceof errors.JWKSTimeout) return new KeySetFault("TIMEOUT");
  if (error instanceof errors.JWKSInvalid) return new KeySetFault("NOT_A_KEY_SET");
  if (error instanceof errors.JOSEError) return new KeySetFault("NOT_JSON");
  return new KeySetFault(undefined, error);
}
