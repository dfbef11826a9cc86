import { registerHooks } from "node:module";
import type { Fault } from "./known-faults.ts";

/** Rewrites a line of the source while it is loaded: nothing is written anywhere. To be called before that is imported. */
export function plant({ name, file, from, to }: Fault): void {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(`/src/${file}`)) return loaded;
      const source = String(loaded.source);
      if (!source.includes(from)) throw new Error(`The fault "${name}" has no place in ${file} any more`);
      return { ...loaded, source: source.replace(from, to) };
    },
  });
}
