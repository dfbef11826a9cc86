import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseExactJson } from "../../src/gateway/answer.ts";

describe("lossless JSON", () => {
  test("gives integers past 2^53 as text and everything else as JSON.parse does", () => {
    assert.deepEqual(
      parseExactJson(
        '{"a":9007199254740991,"b":9007199254740992,"c":[-9007199254740993],"d":1.5,"e":"12345678901234567890"}',
      ),
      { a: 9007199254740991, b: "9007199254740992", c: ["-9007199254740993"], d: 1.5, e: "12345678901234567890" },
    );
  });

  test("is JSON.parse for whatever has no such number", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        const parsed = JSON.parse(text);
        const lossless = parseExactJson(text);
        if (!/[0-9]{16}/.test(text)) assert.deepEqual(lossless, parsed);
        else assert.equal(typeof lossless, typeof parsed === "number" ? typeof lossless : typeof parsed);
      }),
    );
  });

  test("gives any integer back digit by digit", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }), (integer) => {
        assert.equal(String(parseExactJson(`[${integer}]`)), String(integer));
      }),
    );
  });
});
