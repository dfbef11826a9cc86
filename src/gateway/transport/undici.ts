import { createRequire } from "node:module";
import type * as Undici from "undici";

const load = createRequire(import.meta.url);
let loaded: typeof Undici | undefined;

/** Read at its first use: it is a hundred files, and the service listens before it has anything to ask of anybody. */
export function undici(): typeof Undici {
  loaded ??= load("undici") as typeof Undici;
  return loaded;
}
