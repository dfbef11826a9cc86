/** What is round a value without being meant: `\s` has the byte order mark and the no-break space, not what has no width. */
const AROUND = /^[\s\u200b-\u200d\u2060]+|[\s\u200b-\u200d\u2060]+$/g;

/** What may close what opens a quotation; editors make the curved ones by themselves. */
const closers: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  "`": "`",
  "\u201c": "\u201d",
  "\u201d": "\u201d",
  "\u201e": "\u201c\u201d",
  "\u2018": "\u2019",
  "\u2019": "\u2019",
  "\u201a": "\u2018\u2019",
  "\u00ab": "\u00bb",
};

const isQuoted = (text: string): boolean =>
  text.length >= 2 && (closers[text[0] ?? ""] ?? "").includes(text.at(-1) ?? " ");

/** What was taken off is told in these words, behind a name. */
export const TAKEN_OFF = "blanks or line breaks round the value were taken off";

interface TidyText {
  readonly text: string;
  /** Whether something was taken off. */
  readonly changed: boolean;
  /** What cannot be put right without knowing what was meant. */
  readonly wrong: string | null;
}

/**
 * A value as people hand it over: out of a file that a tool ended with a line break, of a list that was copied, of an
 * env-file whose reader leaves quotes in. Blanks and line breaks are never a part of a value; quotes may be, so they are
 * not guessed about.
 */
export function tidyText(given: string): TidyText {
  const text = given.replace(AROUND, "");
  const wrong = isQuoted(text) ? "stands in quotes, which would be a part of it: take them out" : null;
  return { text, changed: text !== given, wrong };
}

/** The same for every text in a piece of JSON; `tell` hears where something was taken off, or what is wrong there. */
export function tidyJson(
  json: unknown,
  tell: (path: string, told: { readonly wrong: string | null }) => void,
): unknown {
  const tidied = (value: unknown, path: string): unknown => {
    if (typeof value === "string") {
      const { text, changed, wrong } = tidyText(value);
      if (changed || wrong !== null) tell(path, { wrong });
      return text;
    }
    if (Array.isArray(value)) return value.map((item, index) => tidied(item, `${path}.${index}`));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value);
    return Object.fromEntries(entries.map(([key, item]) => [key, tidied(item, path === "" ? key : `${path}.${key}`)]));
  };
  return tidied(json, "");
}
