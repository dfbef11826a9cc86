import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseAnswer } from "../../src/gateway/answer.ts";
import { parseConferenceIds } from "../../src/gateway/conference-ids.ts";
import { Fault } from "../../src/gateway/fault.ts";

const idsOf = (result: string): string[] =>
  parseConferenceIds(parseAnswer(Buffer.from(`{"retcode":"0","result":${result}}`), undefined).result);
const isBadResponse = (error: unknown): boolean => error instanceof Fault && error.code === "gateway-bad-response";

describe("the ids of the ongoing conferences", () => {
  test("come in the gateway's order, as numbers or as text, each once", () => {
    assert.deepEqual(idsOf('{"confIds":[356096,"355840",356096]}'), ["356096", "355840"]);
  });

  test("lose no digit past 2^53", () => {
    assert.deepEqual(idsOf('{"confIds":[9007199254740993,9223372036854775807,"9007199254740995",1]}'), [
      "9007199254740993",
      "9223372036854775807",
      "9007199254740995",
      "1",
    ]);
  });

  test("are none when result or confIds is missing, null or empty", () => {
    for (const result of ['""', "null", "{}", '{"confIds":null}', '{"confIds":""}', '{"confIds":[]}', '{"other":1}']) {
      assert.deepEqual(idsOf(result), [], result);
    }
    assert.deepEqual(parseConferenceIds(parseAnswer(Buffer.from('{"retcode":0}'), undefined).result), []);
  });

  test("of any other shape are a bad response", () => {
    for (const result of ['"none"', "7", "true", "[]", "[1]", '{"confIds":{}}', '{"confIds":7}', '{"confIds":"7"}']) {
      assert.throws(() => idsOf(result), isBadResponse, result);
    }
    for (const id of ["-1", "1.5", "1e30", '""', '"x"', '" 1"', "null", "true", "[1]", "{}", "12345678901234567890"]) {
      assert.throws(() => idsOf(`{"confIds":[1,${id}]}`), isBadResponse, id);
    }
  });

  test("survive the way from the gateway whatever 64-bit number they are", () => {
    const max = 2n ** 63n - 1n;
    fc.assert(
      fc.property(fc.uniqueArray(fc.bigInt({ min: 0n, max })), (ids) => {
        const texts = ids.map(String);
        assert.deepEqual(idsOf(`{"confIds":[${texts.join(",")}]}`), texts);
        assert.deepEqual(idsOf(JSON.stringify({ confIds: texts })), texts);
      }),
    );
  });
});
