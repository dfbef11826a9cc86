import { setTimeout as wait } from "node:timers/promises";
import { brotliCompressSync, createBrotliCompress, createDeflate, createGzip, deflateSync, gzipSync } from "node:zlib";
import { type Answer, json } from "../requests/answers.ts";
import type { Call } from "../requests/call.ts";

const FILLER = "x".repeat(64 * 1024);

type Encoding = "gzip" | "deflate" | "br";

const COMPRESS = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync } as const;
const COMPRESSING = { gzip: createGzip, deflate: createDeflate, br: createBrotliCompress } as const;

function head({ response }: Call, answer: Answer, length: number): void {
  response.writeHead(answer.status, { ...answer.headers, "Content-Length": length });
}

export function compressed(call: Call, answer: Answer, encoding: Encoding): void {
  const body = COMPRESS[encoding](answer.body);
  head(call, { ...answer, headers: { ...answer.headers, "Content-Encoding": encoding } }, body.length);
  call.response.end(body);
}

/** The beginning of a body, then the end of the connection; resolves when what follows is the client's. */
export function cut({ response }: Call, answer: Answer, bytes: number | undefined): void {
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, { ...answer.headers, "Content-Length": body.length });
  response.write(body.subarray(0, Math.min(bytes ?? body.length >> 1, body.length - 1)), () => response.destroy());
}

export async function drip(
  call: Call,
  answer: Answer,
  chunk: number,
  everyMs: number,
  cleared: AbortSignal,
): Promise<void> {
  const body = Buffer.from(answer.body);
  head(call, answer, body.length);
  call.response.flushHeaders();
  for (let sent = 0; sent < body.length && !call.gone && !cleared.aborted; sent += Math.max(1, chunk)) {
    await wait(everyMs);
    if (!call.gone) call.response.write(body.subarray(sent, sent + Math.max(1, chunk)));
  }
  if (call.gone) return;
  call.broken = cleared.aborted;
  if (cleared.aborted) call.response.destroy();
  else call.response.end();
}

/** A body of so many bytes; of so many after it was unpacked, where it is compressed. */
export async function huge(call: Call, bytes: number, encoding: Encoding | undefined): Promise<void> {
  const { response } = call;
  const start = '{"message":"';
  const end = '","retcode":"0"}';
  const { status, headers } = json("");
  if (encoding === undefined) head(call, json(""), Math.max(bytes, start.length + end.length));
  else response.writeHead(status, { ...headers, "Content-Encoding": encoding });
  const out = encoding === undefined ? response : COMPRESSING[encoding]();
  if (out !== response) out.pipe(response);
  out.write(start);
  let left = bytes - start.length - end.length;
  while (left > 0 && !call.gone) {
    const goesOn = out.write(FILLER.slice(0, left));
    left -= FILLER.length;
    if (!goesOn && !call.gone) await drained(call, out);
  }
  if (call.gone) out.destroy();
  else out.end(end);
}

function drained(call: Call, out: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      out.off("drain", end);
      call.whenGone = null;
      resolve();
    };
    out.once("drain", end);
    call.whenGone = end;
  });
}
