import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));

/** Which service is started, and what is different from its `npm start`. */
export interface ServiceStart {
  /** A checkout of the service; this one unless it is given. */
  readonly root?: string;
  /** More options of Node and V8, as they are written: `--max-semi-space-size=32`. */
  readonly nodeOptions?: readonly string[];
  /** Options of `npm start` that it is started without, by their names: `max-semi-space-size`. */
  readonly without?: readonly string[];
}

/**
 * What `npm start` runs, from any directory: its options, and its files by their whole path.
 *
 * @throws an error in words for the user when there is no such option that it could be started without
 */
export function serviceCommand({ root = here, nodeOptions = [], without = [] }: ServiceStart = {}): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: { start: string } };
  const words = scripts.start.split(" ");
  const all = words.slice(words.indexOf("node") + 1);
  const named = (name: string) => (word: string) => word === `--${name}` || word.startsWith(`--${name}=`);
  const missing = without.find((name) => !all.some(named(name)));
  if (missing !== undefined) throw new Error(`npm start has no option --${missing}: ${scripts.start}`);
  const own = all
    .filter((word) => !without.some((name) => named(name)(word)))
    .map((word) => (isFile(word) ? join(root, word) : word));
  return [process.execPath, ...own.slice(0, -1), ...nodeOptions, own.at(-1) ?? ""];
}

const isFile = (word: string): boolean => /^(?:\.\/|src\/)/.test(word);
