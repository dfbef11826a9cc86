import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { mergeCookies } from "../../src/gateway/cookies.ts";

const now = Date.parse("2026-09-21T12:00:00Z");
const merge = (header: string, ...setCookie: string[]): string => mergeCookies(header, setCookie, now);

describe("the gateway's cookies", () => {
  test("are kept as name and value, whatever their attributes say", () => {
    assert.equal(
      merge("", "NSLB=abc; Path=/; Secure; HttpOnly", "ROUTE=node1; Domain=elsewhere.example; SameSite=Strict"),
      "NSLB=abc; ROUTE=node1",
    );
    assert.equal(merge("", "a=b=c==; Path=/"), "a=b=c==");
  });

  test("stay as they are when an answer sets none", () => {
    assert.equal(mergeCookies("a=1; b=2", undefined, now), "a=1; b=2");
    assert.equal(merge("a=1; b=2"), "a=1; b=2");
  });

  test("are replaced by later ones of their name", () => {
    assert.equal(merge("a=1; b=2", "a=3"), "b=2; a=3");
    assert.equal(merge("", "a=1", "a=2"), "a=2");
  });

  test("go when they expire: Max-Age first, then Expires", () => {
    assert.equal(merge("a=1; b=2", "a=; Max-Age=0"), "b=2");
    assert.equal(merge("a=1", "a=2; max-age=-1"), "");
    assert.equal(merge("a=1", "a=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT"), "");
    assert.equal(merge("a=1", "a=2; Expires=Fri, 01 Jan 2100 00:00:00 GMT"), "a=2");
    assert.equal(merge("a=1", "a=2; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60"), "a=2");
    assert.equal(merge("a=1", "a=2; Expires=nonsense"), "a=2");
  });

  test("may have blanks inside", () => {
    assert.equal(merge("", 'a="x y"; Path=/', " b = 1 2 ; Secure"), 'a="x y"; b=1 2');
  });

  test("are dropped when they could not be sent back", () => {
    assert.equal(merge("a=1", "=x", "noequals", "b c=1", "b=1\r\nX: 1", "b=ü", 'c="q"'), 'a=1; c="q"');
  });

  test("take no more than 4,096 characters: one that does not fit is dropped, the others stay", () => {
    const long = `b=${"x".repeat(4_090)}`;
    assert.equal(merge("a=1", long), "a=1");
    assert.equal(merge("", long).length, 4_092);
    assert.equal(merge("a=1; b=2", long), "a=1; b=2");
  });

  test("of any text can stand in a header and never grow past the limit", () => {
    const cookie = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.tuple(fc.string(), fc.string()).map((pair) => pair.join("=")),
    );
    fc.assert(
      fc.property(fc.array(cookie), (setCookie) => {
        const header = merge("a=1", ...setCookie);
        assert.match(header, /^[\x20-\x7e]{0,4096}$/);
        assert.equal(
          merge(header, ...setCookie)
            .split("; ")
            .sort()
            .join(),
          header.split("; ").sort().join(),
        );
      }),
    );
  });
});
