/**
 * JSON whose whole numbers keep every digit. The gateway's conference id is a 64-bit `long` and travels as a JSON
 * number; a JavaScript number would round it past 2^53.
 */
interface ExactJson {
  rawJSON(text: string): unknown;
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
}

const json = JSON as unknown as ExactJson;

/** Whole numbers that a JavaScript number cannot hold come out as `bigint`. Throws `SyntaxError`. */
export function parseExactly(text: string): unknown {
  return json.parse(text, (_key, value, { source }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
      ? BigInt(source)
      : value,
  );
}

/** A `bigint` is written as a plain JSON number with all its digits. */
export function stringifyExactly(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === "bigint" ? json.rawJSON(member.toString()) : member,
  );
}
