import { parseEnv } from "node:util";
import { readText, type Surroundings } from "./files.ts";
import type { Mistake } from "./mistakes.ts";
import { aliasOf, isSecret, type SettingName, settingNames } from "./settings.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Texts {
  readonly texts: ReadonlyMap<SettingName, string>;
  /** What was set at all, if only to a file that cannot be read. */
  readonly given: ReadonlySet<SettingName>;
  readonly mistakes: readonly Mistake[];
  /** Sentences about names that look like settings and are none. */
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
  const layers = [environment, readDotEnv(surroundings, mistakes)];

  for (const name of settingNames) {
    for (const layer of layers) {
      const alias = aliasOf(name);
      const text = [alias, name].map((spelling) => layer[spelling]).find((value) => value?.trim());
      const file = (isSecret(name) && layer[`${name}_FILE`]?.trim()) || undefined;
      if (text === undefined && file === undefined) continue;
      given.add(name);
      if (text !== undefined && file !== undefined) {
        mistakes.push({ name, message: `is given twice: set either ${name} or ${name}_FILE` });
      } else if (file !== undefined) {
        const content = readSecretFile(surroundings, file);
        if ("wrong" in content) mistakes.push({ name: `${name}_FILE`, message: content.wrong });
        else texts.set(name, content.text);
      } else if (text !== undefined) {
        texts.set(name, isSecret(name) ? text : text.trim());
      }
      break;
    }
  }
  return { texts, given, mistakes, doubtful: doubtfulNames(layers) };
}

/** Editors and `echo` end a file with a line break, which no secret ends with. */
function readSecretFile(surroundings: Surroundings, path: string): { text: string } | { wrong: string } {
  const file = readText(surroundings, surroundings.directory, path);
  if ("missing" in file) return { wrong: "names a file that does not exist" };
  if ("unreadable" in file) return { wrong: file.unreadable };
  const text = file.text.replace(/\r?\n$/, "");
  return text.trim() === "" ? { wrong: "names a file that is empty" } : { text };
}

function readDotEnv(surroundings: Surroundings, mistakes: Mistake[]): Environment {
  const file = readText(surroundings, surroundings.directory, ".env");
  if ("text" in file) return parseEnv(file.text);
  if ("unreadable" in file) mistakes.push({ name: ".env", message: file.unreadable });
  return {};
}

const ourPrefix = /^(GATEWAY|JWT|SESSION|CONFERENCE|TOKEN|KEEP_ALIVE|SERVICE_TOKEN|CORS|RATE_LIMIT|SIGN_IN|METRICS)_/;

/** What once was a setting, and why none is needed. */
const gone: ReadonlyMap<string, string> = new Map([
  ["GATEWAY_AUTH_MODE", "a Guid that comes is taken, so both modes of a gateway work without it"],
]);

/** A misspelt name would silently leave the default in force. */
function doubtfulNames(layers: readonly Environment[]): string[] {
  const known = new Set<string>(settingNames.flatMap((name) => (isSecret(name) ? [name, `${name}_FILE`] : [name])));
  const names = layers.flatMap((layer) => Object.keys(layer).filter((name) => layer[name]?.trim()));
  return [...new Set(names)]
    .filter((name) => ourPrefix.test(name) && !known.has(name))
    .sort()
    .map((name) => {
      const why = gone.get(name);
      return why === undefined
        ? `${name} is not a setting of this service: a misspelt name?`
        : `${name} is no setting any more: ${why}. Take it out`;
    });
}
