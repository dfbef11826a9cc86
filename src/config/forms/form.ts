import * as z from "zod";

/**
 * The forms that a variable's text may have. Each says what it accepts in its `description`, from which the page is
 * made, and never repeats the text in a message: it may be a secret in the wrong variable.
 */

/** Builds a form from a function that either gives the value or says what is wrong. */
export function form<T>(description: string, parse: (text: string) => { value: T } | { wrong: string }) {
  return z
    .string()
    .transform((text, context): T => {
      const result = parse(text);
      if ("value" in result) return result.value;
      context.addIssue({ code: "custom", message: result.wrong });
      return z.NEVER;
    })
    .describe(description);
}

export const integer = (least: number, most: number, note = "") =>
  form(`integer, ${least} to ${most}${note}`, (text) => {
    const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? { value } : { wrong: `must be an integer from ${least} to ${most}` };
  });

export const oneOf = <const Words extends readonly string[]>(words: Words) =>
  form(words.map((word) => `\`${word}\``).join(", "), (text) =>
    words.includes(text) ? { value: text as Words[number] } : { wrong: `must be one of ${words.join(", ")}` },
  );

export const matching = (description: string, pattern: RegExp) =>
  form(description, (text) => (pattern.test(text) ? { value: text } : { wrong: `must be: ${description}` }));

/** Parses each part of a comma-separated list, of which `whyNot` lets pass what is one; a mistake names the place in the list. */
export const list = <Part extends string = string>(
  description: string,
  what: string,
  whyNot: (part: string) => string | null,
) =>
  form(description, (text): { value: readonly [Part, ...Part[]] } | { wrong: string } => {
    const parts = text.split(",").map((part) => part.trim());
    const wrong = parts.flatMap((part, index) => {
      const why = whyNot(part);
      return why === null ? [] : [parts.length === 1 ? why : `${what} ${index + 1} of ${parts.length}: ${why}`];
    });
    return wrong.length === 0 ? { value: parts as [Part, ...Part[]] } : { wrong: wrong.join("; ") };
  });

export const filePath = matching("path of a file", /^[^\0]{1,4096}$/);
export const anyText = matching("text up to 1024 characters", /^[^\p{Cc}]{1,1024}$/u);
