import assert from "node:assert/strict";
import { test } from "node:test";
import { parseExactly, stringifyExactly } from "../../simulator/exact-json.ts";

test("whole numbers past 2^53 keep every digit, all else reads as usual", () => {
  const text =
    '{"a":[9007199254740993,-9223372036854775808,9007199254740991],"b":1.5,"c":"9007199254740993","d":1e300}';
  const value = parseExactly(text);
  assert.deepEqual(value, {
    a: [9007199254740993n, -9223372036854775808n, 9007199254740991],
    b: 1.5,
    c: "9007199254740993",
    d: 1e300,
  });
  assert.equal(stringifyExactly(value), text.replace("1e300", "1e+300"));
});
