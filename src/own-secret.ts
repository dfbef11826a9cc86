import { randomBytes } from "node:crypto";
import { chmodSync, lstatSync, statSync } from "node:fs";
import { ConfigError, readOwnSecrets } from "./config/index.ts";
import { writePrivateFile } from "./sessions/index.ts";
import type { TokenOptions } from "./tokens/index.ts";

/** The secrets of the service's own tokens, and what is left to be done about them. */
interface OwnSecrets {
  readonly secrets: TokenOptions["ownSecrets"];
  /** Writes down what was made, once the start has worked: one that fails leaves nothing behind. */
  keep(): void;
}

/**
 * Refuses what is kept and cannot be read, before the store's file is made. Where nothing can be seen there is nothing to
 * say: whoever opens the store tells why.
 *
 * @throws ConfigError by the file's name
 */
export function refuseMistakenSecrets({ ownSecretFile }: TokenOptions): void {
  if (ownSecretFile !== null && isThere(ownSecretFile)) readOwnSecrets(ownSecretFile);
}

/** Also a link to nothing. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Those of `TOKEN_SECRET`; else those that are kept beside the store's file; else a new one, to be kept there. Call it while
 * the store is open: its lock keeps a second process from making another.
 *
 * @throws ConfigError by the file's name
 */
export function ownSecretsOf({ ownSecrets, ownSecretFile }: TokenOptions): OwnSecrets {
  if (ownSecretFile === null) return { secrets: ownSecrets, keep: () => undefined };
  const kept = readOwnSecrets(ownSecretFile);
  if (kept !== null) {
    keepPrivate(ownSecretFile);
    return { secrets: kept, keep: () => undefined };
  }
  const secret = randomBytes(32).toString("base64url");
  return { secrets: [secret], keep: () => writeSecret(ownSecretFile, `${secret}\n`) };
}

function writeSecret(path: string, text: string): void {
  try {
    writePrivateFile(path, text);
  } catch (error) {
    throw new ConfigError([{ name: path, message: `cannot be written (${codeOf(error)}); or set TOKEN_SECRET` }]);
  }
}

function keepPrivate(path: string): void {
  try {
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  } catch (error) {
    throw new ConfigError([
      { name: path, message: `others can read it, and this cannot be changed (${codeOf(error)})` },
    ]);
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "unknown");
