/** A number of 16 or more digits may be past 2^53. Without one the reviver, four times as slow, is not needed. */
const longNumber = /[0-9]{16}/;
const integer = /^-?[0-9]+$/;

type ReviverWithSource = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** ECMAScript 2026 hands the reviver the source text of a primitive; TypeScript's library does not know it yet. */
const parse = JSON.parse as (text: string, reviver?: ReviverWithSource) => unknown;

const keepLongIntegers: ReviverWithSource = (_key, value, { source }) =>
  typeof value === "number" && !Number.isSafeInteger(value) && source !== undefined && integer.test(source)
    ? source
    : value;

/**
 * `JSON.parse` that gives an integer past 2^53 as its decimal text: the gateway's conference id is a 64-bit `long`.
 * Throws on what is not JSON, and on nesting too deep for the reviver.
 */
export const parseLosslessJson = (text: string): unknown =>
  longNumber.test(text) ? parse(text, keepLongIntegers) : parse(text);
