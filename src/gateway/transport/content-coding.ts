import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, inflateRaw } from "node:zlib";
import { TransportFailure } from "./failure.ts";

type Decoder = (body: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

const unzip: Decoder = promisify(gunzip);
const inflateZlib: Decoder = promisify(inflate);
const inflateBare: Decoder = promisify(inflateRaw);
const unbrotli: Decoder = promisify(brotliDecompress);

/** `deflate` is with zlib's two octets before it (RFC 9110, 8.4.1.2), and without them from servers that did not know. */
const deflated: Decoder = (body, options) => (hasZlibHead(body) ? inflateZlib : inflateBare)(body, options);

/** RFC 1950, 2.2: the method, and a check over both octets. */
const DEFLATED = 8;
const hasZlibHead = (body: Buffer): boolean =>
  body.length >= 2 && ((body[0] ?? 0) & 0x0f) === DEFLATED && body.readUInt16BE(0) % 31 === 0;

const decoders: Readonly<Record<string, Decoder | undefined>> = {
  identity: async (body) => body,
  gzip: unzip,
  "x-gzip": unzip,
  deflate: deflated,
  br: unbrotli,
};

/**
 * The body of an answer that something on the way has compressed though nobody asked for it. Not larger than `most`
 * octets, however small it came.
 */
export async function decoded(body: Buffer, coding: string, most: number): Promise<Buffer> {
  if (body.length === 0) return body;
  const name = coding.trim().toLowerCase();
  const decoder = Object.hasOwn(decoders, name) ? decoders[name] : undefined;
  if (decoder === undefined) throw new TransportFailure("not-http", "UNKNOWN_CONTENT_CODING");
  try {
    return await decoder(body, { maxOutputLength: most });
  } catch (error) {
    const tooLarge = error instanceof RangeError && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    throw tooLarge ? new TransportFailure("too-large", "TOO_LARGE") : new TransportFailure("cut-off", "CUT_OFF");
  }
}
