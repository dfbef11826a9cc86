import { assemble } from "./assemble.ts";
import type { LoadedConfig } from "./config.ts";
import { type Surroundings, thisMachine } from "./files.ts";
import { freezeDeeply } from "./freeze.ts";
import { ConfigError, type Mistake } from "./mistakes.ts";
import { readNamedFiles } from "./named-files.ts";
import { servedOperations } from "./operation-table.ts";
import { findDangerousPairs, findDoubtful } from "./pairs.ts";
import { ownSecretFile, readOwnSecrets } from "./secret-file.ts";
import { type CompleteValues, isOptional, type SettingName, settingNames, settings, type Values } from "./settings.ts";
import { type Environment, gatherTexts, type Texts } from "./sources.ts";
import { findStoreMistakes } from "./store-address.ts";
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

  mistakes.push(...findStoreMistakes(values.SESSION_STORE_URL, surroundings));
  const files = readNamedFiles(values, surroundings, mistakes);
  const { directory } = surroundings;
  const { issuerNames } = sources;
  const secretFile = ownSecretFile(values, { ownSecret: isGiven("TOKEN_SECRET"), issuerNames }, directory);
  mistakes.push(...findDangerousPairs(values, isGiven, { ...files, issuerNames, secretFile }));
  const operations = servedOperations(tables.operations, values.AGENT_OPERATIONS ?? [], mistakes);
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  const warnings = [...doubtful, ...findDoubtful(values, isGiven)];
  const config = assemble(values as CompleteValues, { ...tables, operations }, files, {
    directory,
    ownSecretFile: secretFile,
  });
  return freezeDeeply({ ...config, warnings });
}

/**
 * The newest secret of the service's own tokens alone, given or kept beside its store, for a program that signs tokens
 * without running the service. Throws {@link ConfigError} when there is none that can be used.
 */
export function readTokenSecret(environment: Environment = process.env, at: Partial<Surroundings> = {}): string {
  const name = "TOKEN_SECRET";
  const surroundings = { ...thisMachine(), ...at };
  const sources = gatherTexts(environment, surroundings);
  const mistakes = sources.mistakes.filter((mistake) => mistake.name.startsWith(name));
  const values: Values = {};
  const text = sources.texts.get(name);
  if (text !== undefined) parseInto(values, name, text, mistakes);
  else if (mistakes.length === 0) {
    const kept = keptSecret(sources, surroundings);
    if (kept !== null) return kept;
    mistakes.push({
      name,
      message:
        "is not set, and none is kept beside the store: the service makes one at its first start, where nobody else issues tokens. Run this where the service runs",
    });
  }
  if (values.TOKEN_SECRET === undefined) throw new ConfigError(mistakes);
  return values.TOKEN_SECRET[0];
}

function keptSecret({ texts, given, issuerNames }: Texts, surroundings: Surroundings): string | null {
  const name = "SESSION_STORE_URL";
  const mistakes: Mistake[] = [];
  const values: Values = {};
  const { settings: defaults } = readTables(surroundings, { mistakes, doubtful: [] }).defaults;
  parseInto(values, name, texts.get(name) ?? (given.has(name) ? "" : (defaults[name] ?? "")), mistakes);
  const file = ownSecretFile(values, { ownSecret: given.has("TOKEN_SECRET"), issuerNames }, surroundings.directory);
  return file === null ? null : (readOwnSecrets(file, surroundings)?.[0] ?? null);
}

function parseInto(values: Values, name: SettingName, text: string, mistakes: Mistake[]): void {
  // Once: no parser is made for it.
  const parsed = settings[name].form.safeParse(text, { jitless: true });
  if (parsed.success) Object.assign(values, { [name]: parsed.data });
  else mistakes.push(...parsed.error.issues.map(({ message }) => ({ name, message })));
}
