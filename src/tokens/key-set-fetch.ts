/** Octets. The sets of large identity providers have 10 to 20 KiB. */
const LARGEST_SET = 256 * 1024;

/** Why a set could not be had, in a text of our own that an operator's log may hold. */
export class KeySetFault extends Error {
  override readonly name: string = "KeySetFault";
}

/**
 * Fetches a key set for jose, which sets the deadline and follows no redirect; what jose does not do is bound the
 * size. The octets are counted after decompression, so a small answer cannot become a huge one.
 */
export async function fetchKeySet(
  url: string,
  init: RequestInit & { readonly signal: AbortSignal },
): Promise<Response> {
  const response = await fetch(url, init);
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    throw new KeySetFault(`the answer has status ${response.status}`);
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    // Leaving the loop cancels the body and with it the connection.
    if (size > LARGEST_SET) throw new KeySetFault(`the answer has more than ${LARGEST_SET / 1024} KiB`);
    chunks.push(chunk);
  }
  return new Response(new Blob(chunks));
}
