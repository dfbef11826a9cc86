import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { TimedClaims } from "./reading-claims.ts";

/** Octets: 50,000 tokens in use at once, of 600 octets each as they stand in memory. */
const MOST_BYTES = 32 * 1024 * 1024;

/** Of an entry besides its texts: its name, the objects, their places in the map. Measured, 64-bit Node 26. */
const ENTRY_BYTES = 450;

/**
 * Claims of tokens whose signature was found good, by the SHA-256 of the token: an RS256 or ES256 check costs as much as
 * the rest of a request. Only verified tokens get in, so strangers cannot push entries out. Token texts are not kept.
 */
export class VerifiedTokens {
  readonly #claims: LRUCache<string, TimedClaims>;

  /** @param mostBytes octets held at most, as {@link bytesOf} counts them */
  constructor(mostBytes = MOST_BYTES) {
    this.#claims = new LRUCache({ maxSize: mostBytes, sizeCalculation: bytesOf });
  }

  static nameOf(token: string): string {
    return hash("sha256", token, "base64");
  }

  get(name: string): TimedClaims | undefined {
    return this.#claims.get(name);
  }

  set(name: string, claims: TimedClaims): void {
    this.#claims.set(name, claims);
  }

  clear(): void {
    this.#claims.clear();
  }

  get size(): number {
    return this.#claims.size;
  }
}

/** What an entry takes in memory, roughly: its texts may have two octets a letter. */
export function bytesOf({ claims }: TimedClaims): number {
  let letters = claims.subject.length + (claims.sessionId?.length ?? 0);
  for (const scope of claims.scopes) letters += 30 + scope.length;
  return ENTRY_BYTES + 2 * letters;
}
