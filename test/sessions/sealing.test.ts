import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { SealBroken, Sealer } from "../../src/sessions/sealing.ts";

const binding = { purpose: "agent", name: "1201" };

describe("a sealed text", () => {
  test("opens to what was sealed, whatever it is", () => {
    const sealer = new Sealer([randomBytes(32)]);
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string(), (text, name) => {
        const bound = { purpose: "agent", name };
        assert.equal(sealer.open(bound, sealer.seal(bound, text)), text);
      }),
    );
  });

  test("is another one each time, and shows nothing of the text or the key", () => {
    const key = Buffer.from("this key is thirty-two bytes ...");
    const sealer = new Sealer([key]);
    const sealed = Array.from({ length: 100 }, () => sealer.seal(binding, "the same secret"));
    assert.equal(new Set(sealed).size, 100);
    for (const text of sealed) {
      assert.match(text, /^[\w-]+$/);
      assert.ok(!Buffer.from(text, "base64url").includes("secret"));
      assert.ok(!Buffer.from(text, "base64url").includes("thirty"));
    }
  });

  test("opens only for its own agent and purpose", () => {
    const sealer = new Sealer([randomBytes(32)]);
    const sealed = sealer.seal(binding, "secret");
    for (const other of [
      { purpose: "agent", name: "1202" },
      { purpose: "session", name: "1201" },
      { purpose: "agent 1201", name: "" },
      { purpose: "agent ", name: "1201" },
    ]) {
      assert.throws(() => sealer.open(other, sealed), SealBroken);
    }
  });

  test("does not open once a single bit of it has changed", () => {
    const sealer = new Sealer([randomBytes(32)]);
    const sealed = Buffer.from(sealer.seal(binding, "secret"), "base64url");
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.throws(() => sealer.open(binding, changed.toString("base64url")), SealBroken);
    }
  });

  test("does not open when it is no sealed text at all", () => {
    const sealer = new Sealer([randomBytes(32)]);
    fc.assert(fc.property(fc.string(), (text) => assert.throws(() => sealer.open(binding, text), SealBroken)));
    const sealed = sealer.seal(binding, "");
    for (let length = 0; length < sealed.length; length++) {
      assert.throws(() => sealer.open(binding, sealed.slice(0, length)), SealBroken);
    }
  });

  test("opens with any key of the list, and is sealed with the first", () => {
    const [oldest, older, newest] = [randomBytes(32), randomBytes(32), randomBytes(32)];
    const sealed = new Sealer([oldest]).seal(binding, "secret");
    assert.equal(new Sealer([newest, older, oldest]).open(binding, sealed), "secret");
    assert.throws(() => new Sealer([newest, older]).open(binding, sealed), SealBroken);
    const anew = new Sealer([newest, oldest]).seal(binding, "secret");
    assert.equal(new Sealer([newest]).open(binding, anew), "secret");
  });
});

test("keys of any other size than 32 bytes are refused, and so is none", () => {
  for (const keys of [[], [randomBytes(31)], [randomBytes(32), randomBytes(16)]]) {
    assert.throws(() => new Sealer(keys), TypeError);
  }
});
