import { isWrongType } from "./faults.ts";
import type { Link } from "./link.ts";

/** The fields of a hash, each null where it is missing; null when there is no hash of that name. */
export async function readFields(link: Link, key: string, names: readonly string[]): Promise<unknown[] | null> {
  try {
    const fields = await link.send(key, ["HMGET", key, ...names]);
    return Array.isArray(fields) && fields.some((field) => field !== null) ? fields : null;
  } catch (error) {
    // Somebody has put something else in its place: like any record that is not readable, it opens to nothing.
    if (isWrongType(error)) return names.map(() => null);
    throw error;
  }
}
