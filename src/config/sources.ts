import { parseDotEnv } from "./dot-env.ts";
import { readText, type Surroundings } from "./files.ts";
import type { Mistake } from "./mistakes.ts";
import { doubtfulNames, isSettingName } from "./near-names.ts";
import { aliasOf, isSecret, type SettingName, settingNames } from "./settings.ts";
import { TAKEN_OFF, tidyText } from "./tidy-text.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Texts {
  readonly texts: ReadonlyMap<SettingName, string>;
  /** What was set at all, if only to a file that cannot be read. */
  readonly given: ReadonlySet<SettingName>;
  /** Every name that begins with `JWT_`, whatever it holds: somebody means to say whose tokens are taken. */
  readonly issuerNames: readonly string[];
  readonly mistakes: readonly Mistake[];
  /** Sentences for the log. */
  readonly doubtful: readonly string[];
}

/**
 * The text of every variable that is set: from the environment, else from `.env`; a secret's also from the file that
 * `NAME_FILE` names. An empty text counts as not set.
 */
export function gatherTexts(environment: Environment, surroundings: Surroundings): Texts {
  const texts = new Map<SettingName, string>();
  const given = new Set<SettingName>();
  const mistakes: Mistake[] = [];
  const untidy: string[] = [];
  const layers = [withPlainNames(environment), withPlainNames(readDotEnv(surroundings, mistakes))];

  /** Null where it is mistaken, which is told. */
  const tidied = (name: string, given: string): string | null => {
    const { text, changed, wrong } = tidyText(given);
    if (changed) untidy.push(`${name}: ${TAKEN_OFF}`);
    if (wrong === null) return text;
    mistakes.push({ name, message: wrong });
    return null;
  };
  const fromFile = (name: string, given: string): string | null => {
    const path = tidied(name, given);
    if (path === null) return null;
    const content = readSecretFile(surroundings, path);
    if ("text" in content) return tidied(name, content.text);
    mistakes.push({ name, message: content.wrong });
    return null;
  };

  for (const name of settingNames) {
    const file = `${name}_FILE`;
    const source = layers.map((layer) => sourceOf(name, layer)).find(({ text, path }) => text ?? path);
    if (source === undefined) continue;
    given.add(name);
    const { text, path } = source;
    if (text !== undefined && path !== undefined) {
      mistakes.push({ name, message: `is given twice: set either ${name} or ${file}` });
      continue;
    }
    const value = path === undefined ? tidied(name, text ?? "") : fromFile(file, path);
    if (value !== null) texts.set(name, value);
  }
  const set = layers.flatMap((layer) => Object.keys(layer).filter((name) => isSet(layer[name])));
  const issuerNames = layers.flatMap((layer) => Object.keys(layer).filter((name) => /^JWT_/i.test(name)));
  return { texts, given, mistakes, issuerNames, doubtful: [...doubtfulNames(set), ...untidy] };
}

const isSet = (text: string | undefined): boolean => text !== undefined && tidyText(text).text !== "";

/** What a layer says of a setting: its text, or the path of a file that holds it. */
function sourceOf(name: SettingName, layer: Environment): { text?: string | undefined; path?: string | undefined } {
  const of = (spelling: string): string | undefined => (isSet(layer[spelling]) ? layer[spelling] : undefined);
  return { text: of(aliasOf(name)) ?? of(name), path: isSecret(name) ? of(`${name}_FILE`) : undefined };
}

/** A byte order mark in front of an env-file becomes a part of its first name when a shell or a tool reads it. */
function withPlainNames(layer: Environment): Environment {
  const names = Object.keys(layer);
  if (!names.some((name) => name.startsWith("\ufeff"))) return layer;
  return Object.fromEntries(names.map((name) => [name.replace(/^\ufeff/, ""), layer[name]]));
}

/** Editors and `echo` end a file with one line break, which is nothing to speak of. */
function readSecretFile(surroundings: Surroundings, path: string): { text: string } | { wrong: string } {
  const file = readText(surroundings, surroundings.directory, path);
  if ("missing" in file) return { wrong: "names a file that does not exist" };
  if ("unreadable" in file) return { wrong: file.unreadable };
  const text = file.text.replace(/\r?\n$/, "");
  return isSet(text) ? { text } : { wrong: "names a file that is empty" };
}

function readDotEnv(surroundings: Surroundings, mistakes: Mistake[]): Environment {
  const file = readText(surroundings, surroundings.directory, ".env");
  if ("missing" in file) return {};
  if ("unreadable" in file) {
    mistakes.push({ name: ".env", message: file.unreadable });
    return {};
  }
  const { values, wrong } = parseDotEnv(file.text, isSettingName);
  mistakes.push(...wrong.map((message) => ({ name: ".env", message })));
  return values;
}
