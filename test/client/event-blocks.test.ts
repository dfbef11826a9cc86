import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EventBlocks } from "../../client/event-blocks.js";
import { isProblem } from "../../client/index.js";

const all = (...pieces: readonly string[]) => {
  const blocks = new EventBlocks();
  return pieces.flatMap((piece) => blocks.take(piece));
};

test("a block has its event, its data, its id and what it says about coming back", () => {
  assert.deepEqual(all('id: 7\nretry: 2000\nevent: alive\ndata: {"a":1}\n\n'), [
    { event: "alive", data: '{"a":1}', id: "7", retryMs: 2_000 },
  ]);
});

test("lines of data belong together, a blank after the colon does not belong to a value, and only one does not", () => {
  assert.deepEqual(all("data:one\ndata:  two\n\n"), [{ event: "message", data: "one\n two", id: null, retryMs: null }]);
});

test("comments and blocks without anything to say are passed over", () => {
  assert.deepEqual(all(":\n\n", ": hello\n\n", "event: alive\n\n", "\n\n\n"), []);
});

test("an id with a null character and a retry that is no number are ignored", () => {
  assert.deepEqual(all("id: a\0b\nretry: soon\ndata: x\n\n"), [
    { event: "message", data: "x", id: null, retryMs: null },
  ]);
});

test("however a stream is cut into pieces, and whatever its line ends are, the blocks are the same", () => {
  const stream = "retry: 5\nevent: a\ndata: 1\n\n:\n\nid: x\nevent: b\ndata: 2\ndata: 3\n\nevent: c\ndata: 4\n\n";
  const expected = all(stream);
  assert.equal(expected.length, 3);
  const cuts = fc.array(fc.nat(stream.length + 20), { maxLength: 12 });
  fc.assert(
    fc.property(cuts, fc.constantFrom("\n", "\r\n", "\r"), (places, end) => {
      const text = stream.replaceAll("\n", end);
      const sorted = [0, ...places.toSorted((one, other) => one - other), text.length];
      const pieces = sorted.slice(1).map((place, before) => text.slice(sorted[before], place));
      assert.deepEqual(all(...pieces), expected);
    }),
  );
});

test("an event of the greatest size is taken, and a larger one is refused as soon as it is, complete or without an end", () => {
  const most = 1_000;
  const largest = `data: ${"x".repeat(most - "data: \n".length)}\n\n`;
  const refused = (error: unknown) => isProblem(error, "event-too-large");
  for (const text of [largest, largest.replaceAll("\n", "\r\n")]) {
    const blocks = new EventBlocks(most);
    assert.equal(blocks.take(text + text).length, 2, "each event has the whole size for itself");
    assert.throws(() => blocks.take(`data: ${text.replace("data: ", "")}`.replace("x", "xx")), refused);
  }
  const oneLine = new EventBlocks(most);
  oneLine.take("x".repeat(most));
  assert.throws(() => oneLine.take("x"), refused);
  const lines = new EventBlocks(most);
  lines.take("data: x\n".repeat(most / 8));
  assert.throws(() => lines.take("data: x\n"), refused);
});

test("a large event that comes in small pieces takes no longer than its size asks for", () => {
  const blocks = new EventBlocks();
  const size = 4 * 1024 * 1024;
  const begun = performance.now();
  blocks.take("data: ");
  for (let sent = 0; sent < size; sent += 64) blocks.take("x".repeat(64));
  const [block] = blocks.take("\n\n");
  assert.equal(block?.data.length, size);
  assert.ok(performance.now() - begun < 2_000, `${performance.now() - begun} ms`);
});
