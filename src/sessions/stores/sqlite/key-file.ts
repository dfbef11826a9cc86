import { randomBytes } from "node:crypto";
import { constants, readFileSync } from "node:fs";
import { sealingKeyOf } from "../../sealing.ts";
import { writePrivateFile } from "../private-file.ts";
import { StoreRefused } from "../unavailable.ts";
import { fileIsThere } from "./mistaken-path.ts";

const KEY_BYTES = 32;

/**
 * The keys beside an sqlite file, for when SESSION_KEYS is not set: one base64 key a line, the newest first, readable
 * by its owner only. Made when missing, unless there are records that it has sealed. Call it while the sqlite file is locked, so that only one
 * process makes it.
 *
 * @param isNeeded whether there are records already
 * @throws {@link StoreRefused} when the file cannot be read, does not hold keys, or is gone.
 */
export function loadOrCreateKeys(path: string, isNeeded: () => boolean): Uint8Array[] {
  const keys = readKeys(path);
  if (keys !== null) return keys;
  if (isNeeded()) {
    throw new StoreRefused(
      `The key file ${path} is gone, and without it the sessions that are there cannot be read. Put it back, or set SESSION_KEYS to what it held. To begin with no session, move the session store away.`,
    );
  }
  return createKey(path);
}

/** Null where there is none yet. @throws {@link StoreRefused} for what is there and is no file of keys */
export function readKeys(path: string): Uint8Array[] | null {
  if (!fileIsThere(path, constants.R_OK)) return null;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new StoreRefused(`The key file ${path} cannot be read`);
  }
  const keys = text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => sealingKeyOf(line.trim()));
  const good = keys.filter((key) => key !== null);
  if (keys.length === 0 || good.length < keys.length) {
    throw new StoreRefused(`The key file ${path} has to hold base64 keys of ${KEY_BYTES} bytes, one a line`);
  }
  return good;
}

/** On the disk before a record is sealed with it. */
function createKey(path: string): Uint8Array[] {
  const key = randomBytes(KEY_BYTES);
  try {
    writePrivateFile(path, `${key.toString("base64")}\n`);
  } catch {
    throw new StoreRefused(`The key file ${path} cannot be written`);
  }
  return [key];
}
