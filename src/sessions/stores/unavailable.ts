import { Problem } from "../../problems.ts";
import type { Unreadable } from "./port.ts";

/**
 * Why the store cannot do something, as one fixed word (`ECONNREFUSED`, `WRONGPASS`, `SQLITE_FULL`) and in fixed words:
 * messages of a driver may hold addresses, passwords or records.
 */
export class StoreFault extends Error {
  override readonly name = "StoreFault";
  readonly code: string;

  constructor(code: string, words: string) {
    super(words);
    this.code = code;
  }
}

/** The store does not answer, or does not do it. The cause is for the log, never the driver's own error. */
export function storeUnavailable(fault: StoreFault): Problem {
  return new Problem("session-store-unavailable", { cause: fault });
}

/** The store cannot be opened, and trying again does not help: the message tells the operator why. */
export class StoreRefused extends Error {
  override readonly name = "StoreRefused";
}

/** Another process has it. As soon as that one has ended, trying again does help. */
export class StoreInUse extends StoreRefused {}

/**
 * What is damaged is as good as absent. What is sealed with a key that we lack, or written by a newer version, is not:
 * another instance may read it, and so may we once we are given the key, or are of that version.
 */
export function orAbsent<T extends object>(opened: T | Unreadable): T | null {
  insistReadable([opened]);
  return typeof opened === "string" ? null : opened;
}

/** Throws `session-store-unavailable` where one of them is unreadable here alone. */
export function insistReadable(opened: readonly (object | Unreadable | null)[]): void {
  if (opened.includes("key-missing")) throw keyMissing();
  if (opened.includes("newer")) {
    throw storeUnavailable(new StoreFault("RECORD_NEWER", "a newer version of the service has written the record"));
  }
}

export function keyMissing(): Problem {
  return storeUnavailable(
    new StoreFault("SESSION_KEY_MISSING", "the record is sealed with a key that SESSION_KEYS lacks"),
  );
}
