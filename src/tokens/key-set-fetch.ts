import { errors, type FetchImplementation } from "jose";

/** Octets. The sets of large identity providers have 10 to 20 KiB. */
const LARGEST_SET = 256 * 1024;

/** As much of `fetch` as a key set needs, so that trust and proxy can be its own. Redirections are not followed. */
export type KeySetFetch = (url: string, init: KeySetRequest) => Promise<KeySetAnswer>;

export interface KeySetRequest {
  readonly method: "GET";
  readonly redirect: "manual";
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
}

interface KeySetAnswer {
  readonly status: number;
  readonly body: (AsyncIterable<Uint8Array> & { cancel(): Promise<void> }) | null;
}

/** Why a set could not be had: a fixed word for the log, in `code` or in that of the error behind it. */
export class KeySetFault extends Error {
  override readonly name = "KeySetFault";
  readonly code: string | undefined;

  constructor(code: string | undefined, cause?: unknown) {
    super("the key set cannot be had", { cause });
    this.code = code;
  }
}

/**
 * Fetches a key set for jose, which sets the deadline and reads the text; what jose does not do is bound the size. The
 * octets are counted after decompression, so a small answer cannot become a huge one.
 *
 * @param closing ends the fetch under way
 */
export function boundedFetch(fetch: KeySetFetch, closing: AbortSignal): FetchImplementation {
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
export function faultOf(error: unknown): KeySetFault {
  if (error instanceof KeySetFault) return error;
  if (error instanceof errors.JWKSTimeout) return new KeySetFault("TIMEOUT");
  if (error instanceof errors.JWKSInvalid) return new KeySetFault("NOT_A_KEY_SET");
  if (error instanceof errors.JOSEError) return new KeySetFault("NOT_JSON");
  return new KeySetFault(undefined, error);
}
