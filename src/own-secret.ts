import { randomBytes } from "node:crypto";
import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { ConfigError, readOwnSecrets } from "./config/index.ts";
import type { TokenOptions } from "./tokens/index.ts";

/** The secrets of the service's own tokens, and what is left to be done about them. */
export interface OwnSecrets {
  readonly secrets: TokenOptions["ownSecrets"];
  /** Writes down what was made, once the start has worked: one that fails leaves nothing behind. */
  keep(): void;
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
  return { secrets: [secret], keep: () => writePrivately(ownSecretFile, `${secret}\n`) };
}

/** Complete on the disk before it has its name: a crash leaves no half secret. */
function writePrivately(path: string, text: string): void {
  const draft = `${path}.new`;
  try {
    rmSync(draft, { force: true });
    const file = openSync(draft, "wx", 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
    const folder = openSync(dirname(path), "r");
    fsyncSync(folder);
    closeSync(folder);
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
