import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { createTransport } from "../../../src/gateway/transport/transport.ts";
import { systemClock } from "../../../src/system-clock.ts";
import { answerSuccess, startRawGateway } from "../../support/raw-gateway.ts";
import { MOST, question, settingOf, textOf } from "./both-clients.ts";

const gateway = await startRawGateway(answerSuccess);
const transport = createTransport(settingOf(gateway.url), systemClock, () => assert.fail("no interim answer came"));
after(async () => {
  transport.close();
  await gateway.close();
});

const body = Buffer.from('{"retcode":"0","result":{"confIds":[355840]}}');
const codings: Record<string, readonly [coding: string, compressed: Buffer]> = {
  gzip: ["gzip", gzipSync(body)],
  "gzip under its old name": ["x-gzip", gzipSync(body)],
  "gzip in capitals": ["GZIP", gzipSync(body)],
  deflate: ["deflate", deflateSync(body)],
  "deflate as old servers understood it": ["deflate", deflateRawSync(body)],
  brotli: ["br", brotliCompressSync(body)],
  "nothing, said in words": ["identity", body],
};

for (const lane of ["list", "single"] as const) {
  const ask = (coding: string, compressed: Buffer) => {
    gateway.answerWith((response) => response.writeHead(200, { "Content-Encoding": coding }).end(compressed));
    return transport.exchange(question({ lane }));
  };

  describe(`an answer that was compressed though nobody asked for it (${lane})`, () => {
    for (const [name, [coding, compressed]] of Object.entries(codings)) {
      test(`with ${name} is read`, async () => assert.equal(textOf(await ask(coding, compressed)), body.toString()));
    }

    test("in a way that nobody knows, or more than once, is no answer", async () => {
      for (const coding of ["zstandard", "gzip, gzip", "constructor", ""]) {
        await assert.rejects(ask(coding, gzipSync(body)), { kind: "not-http", code: "UNKNOWN_CONTENT_CODING" });
      }
    });

    test("and then cut off, or never was compressed, is a broken one", async () => {
      const whole = gzipSync(body);
      for (const [coding, octets] of [
        ["gzip", whole.subarray(0, whole.length - 9)],
        ["gzip", body],
        ["deflate", body],
        ["br", body],
      ] as const) {
        await assert.rejects(ask(coding, octets), { kind: "cut-off", code: "CUT_OFF" }, coding);
      }
    });

    test("may not grow past the size of an answer, however small it came", async () => {
      const small = gzipSync(Buffer.alloc(MOST, " "));
      assert.equal((await ask("gzip", small)).body.length, MOST);
      for (const [coding, bomb] of [
        ["gzip", gzipSync(Buffer.alloc(64 * MOST))],
        ["deflate", deflateSync(Buffer.alloc(64 * MOST))],
        ["br", brotliCompressSync(Buffer.alloc(MOST + 1))],
      ] as const) {
        assert.ok(bomb.length < MOST);
        await assert.rejects(ask(coding, bomb), { kind: "too-large", code: "TOO_LARGE" });
      }
    });

    test("of nothing at all is nothing", async () => {
      assert.equal((await ask("gzip", Buffer.alloc(0))).body.length, 0);
    });
  });
}
