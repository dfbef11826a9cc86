import assert from "node:assert/strict";
import { after } from "node:test";

/** Fails the file when anything in this process was rejected or thrown with nobody to catch it. */
export function failOnCrash(): void {
  const crashes: unknown[] = [];
  const note = (reason: unknown): void => void crashes.push(reason);
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
  after(() => {
    process.off("unhandledRejection", note);
    process.off("uncaughtException", note);
    assert.deepEqual(crashes, []);
  });
}
