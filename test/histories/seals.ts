import { keyMissing } from "../../src/sessions/stores/unavailable.ts";

/** The keys that an instance has, by name, the newest first: the first seals, all of them open. */
export type Keyring = readonly string[];

/** With which key each record is sealed. Whoever lacks it can neither read the record nor write over it. */
export class Seals {
  /** The keys of whoever's command is carried out; null: of somebody who looks from outside, and sees everything. */
  keys: Keyring | null = null;
  readonly #of = new WeakMap<object, string>();

  /** Seals a record with the newest key, or as another one is sealed: what moves beside the sealed text leaves it as it is. */
  seal<T extends object>(record: T, as?: T): T {
    const key = as === undefined ? this.keys?.[0] : this.#of.get(as);
    if (key !== undefined) this.#of.set(record, key);
    return record;
  }

  opens(record: object): boolean {
    const key = this.#of.get(record);
    return this.keys === null || key === undefined || this.keys.includes(key);
  }

  /** @throws `session-store-unavailable`, where its key is missing */
  opened<T extends object>(record: T): T {
    if (!this.opens(record)) throw keyMissing();
    return record;
  }

  isUnder(record: object, key: string): boolean {
    return this.#of.get(record) === key;
  }
}
