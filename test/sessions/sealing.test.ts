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

describe("a text that is sealed in passing, of which there are many", () => {
  const key = randomBytes(32);

  test("opens in every process with the same key, and only for its own agent and purpose", () => {
    const [one, other] = [new Sealer([key]), new Sealer([randomBytes(32), key])];
    for (let number = 0; number < 300; number++) {
      const sealed = one.sealInPassing(binding, `message ${number}`);
      assert.equal(other.open(binding, sealed), `message ${number}`);
      assert.throws(() => other.open({ ...binding, purpose: "event" }, sealed), SealBroken);
      assert.throws(() => other.open({ ...binding, name: "1202" }, sealed), SealBroken);
    }
  });

  test("does not open once a single bit of it has changed", () => {
    const sealer = new Sealer([key]);
    const sealed = Buffer.from(sealer.sealInPassing(binding, "secret"), "base64url");
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.throws(() => sealer.open(binding, changed.toString("base64url")), SealBroken);
    }
  });

  test("uses up no nonce of the key: each start of a process has a salt, and with it a key, of its own", () => {
    const salts = new Set<string>();
    const nonces = new Set<string>();
    for (let start = 0; start < 50; start++) {
      const sealer = new Sealer([key]);
      for (let number = 0; number < 20; number++) {
        const bytes = Buffer.from(sealer.sealInPassing(binding, "the same"), "base64url");
        salts.add(bytes.subarray(5, 21).toString("hex"));
        nonces.add(bytes.subarray(5, 33).toString("hex"));
      }
    }
    assert.equal(salts.size, 50);
    assert.equal(nonces.size, 1_000);
  });
});

test("what does not open says whether the key is missing, or the text is damaged", () => {
  const why = (sealer: Sealer, text: string) => {
    try {
      return sealer.open(binding, text);
    } catch (error) {
      return error instanceof SealBroken ? error.why : "another error";
    }
  };
  const [ours, theirs] = [new Sealer([randomBytes(32)]), new Sealer([randomBytes(32)])];
  for (const seal of [
    (sealer: Sealer) => sealer.seal(binding, "secret"),
    (sealer: Sealer) => sealer.sealInPassing(binding, "secret"),
  ]) {
    assert.equal(why(ours, seal(theirs)), "key-missing");
    assert.equal(why(ours, `${seal(ours).slice(0, -4)}AAAA`), "damaged");
    assert.equal(why(ours, ours.seal({ ...binding, name: "1202" }, "secret")), "damaged");
    assert.equal(why(ours, seal(theirs).slice(0, 20)), "damaged", "too short for a sealed text");
  }
  for (const text of ["", "{}", "something else", `Cg${"A".repeat(80)}`]) assert.equal(why(ours, text), "damaged");
});

test("keys of any other size than 32 bytes are refused, and so is none", () => {
  for (const keys of [[], [randomBytes(31)], [randomBytes(32), randomBytes(16)]]) {
    assert.throws(() => new Sealer(keys), TypeError);
  }
});
