import { lstatSync, statSync } from "node:fs";
import { LEAST_SECRET_BYTES, whyNoSecret } from "../tokens/index.ts";
import { readText, type Surroundings, thisMachine } from "./files.ts";
import { ConfigError } from "./mistakes.ts";
import type { Values } from "./settings.ts";
import { storePath } from "./store-address.ts";

/**
 * Where the service keeps the secret that it has made for its own tokens; null where it makes none. It makes one only
 * where nobody else can be meant to issue tokens: beside an sqlite file, without a `TOKEN_SECRET`, and with no variable
 * that begins with `JWT_`, not even an empty or a misspelt one. With it everybody who knows an agent's password gets in.
 *
 * @param issuerNames the variables that begin with `JWT_`
 */
export function ownSecretFile(
  values: Values,
  given: { readonly ownSecret: boolean; readonly issuerNames: readonly string[] },
  directory: string,
): string | null {
  if (given.ownSecret || given.issuerNames.length > 0 || values.SESSION_STORE_URL === undefined) return null;
  const path = storePath(values.SESSION_STORE_URL, directory);
  return path === null ? null : `${path}.token-secret`;
}

/**
 * The secrets that are kept there, one a line, newest first; null where there is no such file yet.
 *
 * @throws ConfigError by the file's name
 */
export function readOwnSecrets(
  path: string,
  surroundings: Pick<Surroundings, "readFile"> = thisMachine(),
): readonly [string, ...string[]] | null {
  const mistaken = whyNoFile(path);
  if (mistaken !== null) throw new ConfigError([{ name: path, message: mistaken }]);
  const file = readText({ ...thisMachine(), ...surroundings }, "/", path);
  if ("missing" in file) return null;
  if ("unreadable" in file) throw new ConfigError([{ name: path, message: file.unreadable }]);
  const [first, ...others] = file.text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (first === undefined || [first, ...others].some((secret) => whyNoSecret(secret) !== null)) {
    const message = `has to hold secrets of ${LEAST_SECRET_BYTES} bytes or more, one a line. Without the file a new one is made`;
    throw new ConfigError([{ name: path, message }]);
  }
  return [first, ...others];
}

/** A pipe would be waited for, and a link to nothing replaced by a file. Null where nothing is, or a file. */
function whyNoFile(path: string): string | null {
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return null;
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return "is a link to something that is not there";
    return found.isFile() ? null : "is no file";
  } catch {
    // What is wrong on the way there is told of the store itself.
    return null;
  }
}
