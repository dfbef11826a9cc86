import { type SealBinding, SealBroken, type Sealer } from "../../sealing.ts";
import type { Records } from "../records.ts";
import { StoreRefused } from "../unavailable.ts";
import type { Connection } from "./dial.ts";
import { isRefusal, isWrongType } from "./faults.ts";
import type { Keys } from "./keys.ts";
import { recordsIn } from "./record-scan.ts";
import * as scripts from "./scripts.ts";

/** How long a look may take: where there is no canary, at all keys of the database. */
export const PROVING_MS = 30_000;
/** Another instance may put the canary in its place at the same moment. */
const MOST_ATTEMPTS = 5;

/** What the records under a prefix say about whose they are. */
type Witness = "none" | "ours" | "others";

/**
 * A Redis, or a prefix there, belongs to one installation. A canary, which only its keys open, keeps everybody else out: two
 * that take each other's records for damaged would replace them.
 */
export class Installation {
  readonly #keys: Keys;
  readonly #sealer: Sealer;
  readonly #records: Records;

  constructor(deps: { readonly keys: Keys; readonly sealer: Sealer; readonly records: Records }) {
    this.#keys = deps.keys;
    this.#sealer = deps.sealer;
    this.#records = deps.records;
  }

  /**
   * Looks whether what is there is ours. For each new connection, before anything is written or read over it: a Redis that
   * was away at the start, or has come back empty, is looked at then.
   *
   * @throws {@link StoreRefused} where it is not
   */
  async prove(connection: Connection): Promise<void> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const found = await this.#canary(connection);
      const opens = found !== "" && this.#opens(found);
      if (!opens && (await this.#witnesses(connection)) === "others") throw this.#refusal();
      // Sealed anew each time: the newest key has to open it once the older ones are gone.
      if (await this.#replace(connection, found)) return;
    }
  }

  /** Empty where there is none, or something that is no canary. */
  async #canary(connection: Connection): Promise<string> {
    try {
      return String((await connection.send(this.#keys.canary, ["GET", this.#keys.canary])) ?? "");
    } catch (error) {
      if (isWrongType(error)) return "";
      throw error;
    }
  }

  #opens(sealed: string): boolean {
    try {
      this.#sealer.open(this.#binding(), sealed);
      return true;
    } catch (error) {
      if (error instanceof SealBroken && error.why === "key-missing") throw this.#refusal();
      return false;
    }
  }

  /** Without a canary: where there are records, one of them has to open. */
  async #witnesses(connection: Connection): Promise<Witness> {
    let witness: Witness = "none";
    for await (const records of recordsIn(connection, this.#keys)) {
      const names = records.map(({ key }) => key);
      const found = await connection.runEach(scripts.readHashes, names, ["sealed"], []);
      for (const [at, record] of records.entries()) {
        const fields = found[at];
        const opened = this.#records.tried(record, Array.isArray(fields) ? fields[0] : null);
        if (opened === "opens") return "ours";
        if (opened === "key-missing") witness = "others";
      }
    }
    return witness;
  }

  /** False when another instance was faster. A Redis that takes no writes now takes the canary another time. */
  async #replace(connection: Connection, found: string): Promise<boolean> {
    const sealed = this.#sealer.seal(this.#binding(), this.#keys.prefix);
    const script = ["EVAL", scripts.replaceText, "1", this.#keys.canary, found, sealed];
    try {
      return (await connection.send(this.#keys.canary, script)) === 1;
    } catch (error) {
      if (isRefusal(error)) return true;
      throw error;
    }
  }

  #refusal(): StoreRefused {
    return new StoreRefused(
      `The Redis of SESSION_STORE_URL holds sessions under the prefix ${this.#keys.prefix} that other SESSION_KEYS have sealed. ` +
        "Give this instance their keys (docs/operations.md says how keys are changed), or SESSION_STORE_PREFIX a prefix of its own.",
    );
  }

  #binding(): SealBinding {
    return { purpose: "canary", name: this.#keys.prefix };
  }
}
