import { assemble } from "./assemble.ts";
import type { LoadedConfig } from "./config.ts";
import { type Surroundings, thisMachine } from "./files.ts";
import { freezeDeeply } from "./freeze.ts";
import { ConfigError, type Mistake } from "./mistakes.ts";
import { readNamedFiles } from "./named-files.ts";
import { findDangerousPairs, findDoubtful } from "./pairs.ts";
import { type CompleteValues, isOptional, type SettingName, settingNames, settings, type Values } from "./settings.ts";
import { type Environment, gatherTexts } from "./sources.ts";
import { readTables } from "./tables.ts";

/**
 * Reads the environment, `.env`, the files that they name, and the tables under config/. Throws one
 * {@link ConfigError} with everything that is wrong.
 */
export function loadConfig(environment: Environment = process.env, at: Partial<Surroundings> = {}): LoadedConfig {
  const surroundings = { ...thisMachine(), ...at };
  const sources = gatherTexts(environment, surroundings);
  const mistakes = [...sources.mistakes];
  const doubtful = [...sources.doubtful];
  const tables = readTables(surroundings, { mistakes, doubtful });
  const isGiven = (name: SettingName) => sources.given.has(name);
  const values: Values = {};
  for (const name of settingNames) {
    const text = sources.texts.get(name) ?? (isGiven(name) ? undefined : tables.defaults.settings[name]);
    if (text !== undefined) parseInto(values, name, text, mistakes);
    else if (!isOptional(name) && !isGiven(name)) mistakes.push({ name, message: "is required" });
  }

  const files = readNamedFiles(values, surroundings, mistakes);
  mistakes.push(...findDangerousPairs(values, isGiven, files.issuerKeys));
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  const warnings = [...doubtful, ...findDoubtful(values, isGiven)];
  const config = assemble(values as CompleteValues, tables, files, surroundings.directory);
  return freezeDeeply({ ...config, warnings });
}

/**
 * The newest `TOKEN_SECRET` alone, for a program that signs tokens without running the service. Throws {@link ConfigError} when
 * it is not set or not usable.
 */
export function readTokenSecret(environment: Environment = process.env, at: Partial<Surroundings> = {}): string {
  const name = "TOKEN_SECRET";
  const sources = gatherTexts(environment, { ...thisMachine(), ...at });
  const mistakes = sources.mistakes.filter((mistake) => mistake.name.startsWith(name));
  const values: Values = {};
  const text = sources.texts.get(name);
  if (text !== undefined) parseInto(values, name, text, mistakes);
  else if (mistakes.length === 0) mistakes.push({ name, message: "is required" });
  if (values.TOKEN_SECRET === undefined) throw new ConfigError(mistakes);
  return values.TOKEN_SECRET[0];
}

function parseInto(values: Values, name: SettingName, text: string, mistakes: Mistake[]): void {
  const parsed = settings[name].form.safeParse(text);
  if (parsed.success) Object.assign(values, { [name]: parsed.data });
  else mistakes.push(...parsed.error.issues.map(({ message }) => ({ name, message })));
}
