import type { RecordName } from "../records.ts";
import type { Connection } from "./dial.ts";
import type { Keys } from "./keys.ts";

/** A record as it is found by its key. */
export interface FoundRecord extends RecordName {
  readonly key: string;
}

/**
 * Every record of the installation, by a walk over all keys of the database, in portions. What comes or goes meanwhile may
 * be missing or there, and one may be there twice (https://redis.io/docs/latest/commands/scan/).
 */
export async function* recordsIn(redis: Pick<Connection, "scan">, keys: Keys): AsyncGenerator<readonly FoundRecord[]> {
  for await (const names of redis.scan(`${keys.prefix}:*`)) {
    const records = names.flatMap((key) => {
      const name = keys.recordOf(key);
      return name === null ? [] : [{ ...name, key }];
    });
    if (records.length > 0) yield records;
  }
}
