import type { Keyring } from "./seals.ts";
import type { StoreModel } from "./store-model.ts";

/** The sealing keys of a fleet, and how they are changed: in two phases that nobody notices, or at once, which some do. */
export class KeyChange {
  /** What each place's next process is started with. */
  readonly ofPlace: Keyring[];
  #newest = 1;
  #all: Keyring = [keyName(1)];
  #phase: "one" | "new-last" | "new-first" = "one";
  underWay = false;

  constructor(places: number) {
    this.ofPlace = Array.from({ length: places }, () => this.#all);
  }

  get all(): Keyring {
    return this.#all;
  }

  /**
   * What all instances get next, one after the other; null: it has to wait until nothing is under the old key.
   *
   * @param atOnce without the first phase, so that some seal with what others lack
   */
  next(model: StoreModel, atOnce: boolean): Keyring | null {
    const old = keyName(this.#newest - (this.#phase === "one" ? 0 : 1));
    switch (this.#phase) {
      case "one":
        this.#newest += 1;
        this.#phase = atOnce ? "new-first" : "new-last";
        this.#all = atOnce ? [keyName(this.#newest), old] : [old, keyName(this.#newest)];
        break;
      case "new-last":
        this.#phase = "new-first";
        this.#all = [keyName(this.#newest), old];
        break;
      case "new-first":
        if (model.needs(old)) return null;
        this.#phase = "one";
        this.#all = [keyName(this.#newest)];
    }
    return this.#all;
  }

  get isWhole(): boolean {
    return this.#phase === "one";
  }
}

const keyName = (number: number): string => `key-${number}`;
