import { z } from "zod";

/**
 * One of some words, each with what it means. A reader of the OpenAPI document finds all of them in the description, a
 * program under `x-enumDescriptions`.
 */
export function oneOf<Word extends string>(words: Readonly<Record<Word, string>>, about?: string) {
  const listed = Object.entries<string>(words).map(([word, meaning]) => `\`${word}\`: ${meaning}`);
  return z.enum(Object.keys(words) as [Word, ...Word[]]).meta({
    description: [...(about === undefined ? [] : [`${about}.`]), listed.join("; ")].join(" "),
    "x-enumDescriptions": words,
  });
}

/** @param what it is the time of; told before the form */
export const timeOf = (what: string) => z.iso.datetime().meta({ description: `${what}. ISO 8601, UTC` });
