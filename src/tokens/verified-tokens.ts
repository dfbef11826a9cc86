import { hash } from "node:crypto";
import type { TimedClaims } from "./reading-claims.ts";

/**
 * Claims of tokens whose signature was found good, by the SHA-256 of the token: an RS256 or ES256 check costs as much as
 * the rest of a request. Only verified tokens get in, so strangers cannot push entries out. Token texts are not kept.
 *
 * Two generations instead of a list in order of use: when the young one is full it becomes the old one and the former
 * old one goes, while an entry still in use moves over. That bounds the size and writes nothing on most hits.
 */
export class VerifiedTokens {
  readonly #generationSize: number;
  #young = new Map<string, TimedClaims>();
  #old = new Map<string, TimedClaims>();

  /** @param size entries at most */
  constructor(size = 10_000) {
    this.#generationSize = Math.max(1, Math.floor(size / 2));
  }

  static nameOf(token: string): string {
    return hash("sha256", token, "base64");
  }

  get(name: string): TimedClaims | undefined {
    const young = this.#young.get(name);
    if (young !== undefined) return young;
    const old = this.#old.get(name);
    if (old !== undefined) this.set(name, old);
    return old;
  }

  set(name: string, claims: TimedClaims): void {
    this.#young.set(name, claims);
    if (this.#young.size < this.#generationSize) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }
}
