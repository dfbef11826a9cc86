import { parseExactly } from "../exact-json.ts";
import { type Field, type Notes, record } from "../fields.ts";
import type { Settings } from "../settings.ts";
import { type Answer, failure, htmlPage } from "./answers.ts";
import type { Call } from "./call.ts";
import type { Ledger } from "./ledger.ts";

/**
 * How the gateway reads what its pages call int, boolean and string: a number may come as a text and the other way
 * round, which is noted as odd, since no page says that it is taken.
 */
export function int(least: number, most: number): Field<number> {
  return {
    read(value, path, notes) {
      const number = typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
      if (typeof value === "string" && number !== value) notes.oddities.push(`${path}: a number as a text`);
      const fits = typeof number === "number" && Number.isInteger(number) && number >= least && number <= most;
      if (!fits) notes.mistakes.push(`${path}: a whole number from ${least} to ${most}`);
      return number as number;
    },
  };
}

/** In bytes, as some pages say, and as the others may mean. */
export function string(least: number, most: number, pattern?: RegExp): Field<string> {
  return {
    read(value, path, notes) {
      const text = typeof value === "number" || typeof value === "bigint" ? String(value) : value;
      if (text !== value) notes.oddities.push(`${path}: a text as a number`);
      const bytes = typeof text === "string" ? Buffer.byteLength(text) : -1;
      const fits = bytes >= least && bytes <= most && (pattern?.test(text as string) ?? true);
      if (!fits) notes.mistakes.push(`${path}: a text of ${least} to ${most} bytes`);
      return text as string;
    },
  };
}

export const boolean: Field<boolean> = {
  read(value, path, notes) {
    if (value === "true" || value === "false") notes.oddities.push(`${path}: a boolean as a text`);
    const text = String(value);
    if (text !== "true" && text !== "false") notes.mistakes.push(`${path}: true or false`);
    return text === "true";
  },
};

/** The fields of one body; a field that no page has is odd, and passed over. */
export const body = <const F extends Parameters<typeof record>[0]>(fields: F) => record(fields, false);

interface Judge {
  readonly settings: Settings;
  readonly ledger: Ledger;
}

/** The body's fields, or the answer that refuses it. A call without a body has none of them. */
export function readParameters<T>(judge: Judge, call: Call, field: Field<T>): { values: T } | { refusal: Answer } {
  const { settings, ledger } = judge;
  const { agentId, name } = call.route;
  let given: unknown = {};
  try {
    if (call.body !== "") given = parseExactly(call.body);
  } catch {
    ledger.record("invalidBody", agentId, name);
    return { refusal: htmlPage(400, "Bad Request") };
  }
  const notes: Notes = { mistakes: [], oddities: [] };
  const values = field.read(given, "", notes);
  for (const oddity of notes.oddities) ledger.record("oddField", agentId, `${name}, ${oddity}`);
  return notes.mistakes.length > 0 ? { refusal: failure(settings, "000-002") } : { values };
}

/** The same for what stands in the query: every value of it is a text, which is odd in nothing. */
export function readQuery<T>(judge: Judge, call: Call, field: Field<T>): { values: T } | { refusal: Answer } {
  const notes: Notes = { mistakes: [], oddities: [] };
  const values = field.read(Object.fromEntries(call.route.query), "", notes);
  return notes.mistakes.length > 0 ? { refusal: failure(judge.settings, "000-002") } : { values };
}
