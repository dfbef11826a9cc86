import { z } from "zod";

/**
 * No control character: nothing that goes on to the gateway, a header or a log may hold one, CR and LF end a header. As
 * JSON Schema can say it too, without a flag.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
export const withoutControls = /^[^\u0000-\u001f\u007f-\u009f]*$/;

const refusal = "must not contain control characters or half characters";

/**
 * Text of a client's. Its length counts characters and not UTF-16's units, as JSON Schema has it, so that what the
 * OpenAPI document allows is taken. Half of a surrogate pair has no UTF-8: a store would give another text back.
 */
export function plainText({ min = 0, max }: { readonly min?: number; readonly max: number }) {
  const error = min === 0 ? `must have ${max} characters at most` : `must have ${min} to ${max} characters`;
  return z
    .string({ error: "must be a text" })
    .regex(withoutControls, { error: refusal })
    .refine((text) => text.isWellFormed(), { error: refusal })
    .refine((text) => isWithin(text, min, max), { error })
    .meta({ minLength: min, maxLength: max });
}

/** Whether a text has so many characters or more, as JSON Schema counts them. */
export const isLongEnough = (text: string, min: number): boolean => isWithin(text, min, text.length);

/** Whether a text has so many characters. Each has one of UTF-16's units, or two. */
function isWithin(text: string, min: number, max: number): boolean {
  const units = text.length;
  if (units < min || units > max * 2) return false;
  const characters = units <= max && min <= 1 ? units : [...text].length;
  return characters >= min && characters <= max;
}
