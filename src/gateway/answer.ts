import { z } from "zod";
import { badResponse } from "./fault.ts";

/** What every answer is wrapped in. `message` is for people, in no fixed language, so it is left out. */
export interface Envelope {
  /** `0` for success. */
  readonly retcode: string;
  readonly result: unknown;
  readonly event: unknown;
}

export const SUCCESS = "0";

/** Text in the reference, a number on some gateways. It is told to clients, so only what a code can look like. */
const retcode = z.union([z.string().regex(/^[A-Za-z0-9._-]{1,32}$/), z.int().transform(String)]);

const envelope = z.object({ retcode, result: z.unknown().optional(), event: z.unknown().optional() });

/** From the octets of an answer to its envelope, nothing lost on the way. Throws `gateway-bad-response`. */
export function parseAnswer(body: Buffer, contentType: string | undefined): Envelope {
  let json: unknown;
  const text = textOf(body, contentType);
  try {
    json = parseExactJson(text);
  } catch {
    throw badResponse("NOT_JSON");
  }
  const parsed = envelope.safeParse(json);
  if (!parsed.success) throw badResponse("NO_ENVELOPE");
  return { retcode: parsed.data.retcode, result: parsed.data.result, event: parsed.data.event };
}

const charsetPattern = /;\s*charset\s*=\s*"?([^\s;"]+)"?/i;

/** In the charset that the answer names: UTF-8, on old gateways also GBK. */
function textOf(body: Buffer, contentType: string | undefined): string {
  const charset = (charsetPattern.exec(contentType ?? "")?.[1] ?? "utf-8").toLowerCase();
  if (charset === "utf-8" || charset === "utf8") return withoutByteOrderMark(body.toString("utf8"));
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(charset);
  } catch {
    throw badResponse("UNKNOWN_CHARSET");
  }
  return decoder.decode(body);
}

const withoutByteOrderMark = (text: string): string => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);

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
export const parseExactJson = (text: string): unknown =>
  longNumber.test(text) ? parse(text, keepLongIntegers) : parse(text);

/** Old gateways send `""` where there is nothing to send, others `null`, or leave the field out. */
export const isNothing = (value: unknown): boolean => value === undefined || value === null || value === "";

/** An integer field, which some gateways send as its digits in text. */
export const integerField = z.union([
  z.int(),
  z
    .string()
    .regex(/^-?[0-9]{1,15}$/)
    .transform(Number),
]);

/** A field of true or false, which some gateways send as text. */
export const booleanField = z.union([
  z.boolean(),
  z
    .string()
    .regex(/^(?:true|false)$/i)
    .transform((text) => text.toLowerCase() === "true"),
]);
