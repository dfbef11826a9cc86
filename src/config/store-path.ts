import { resolve } from "node:path";

const SCHEME = "sqlite:";

/** The file of an sqlite store; null for the others. */
export const storePath = (url: string, directory: string): string | null =>
  url.startsWith(SCHEME) ? resolve(directory, url.slice(SCHEME.length)) : null;
