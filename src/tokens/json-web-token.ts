import { createRequire } from "node:module";
import type JsonWebToken from "jsonwebtoken";

const load = createRequire(import.meta.url);
let loaded: typeof JsonWebToken | undefined;

/** Read at its first use: with what it brings along it is eighty files, and the service listens before a token comes. */
export function jsonWebToken(): typeof JsonWebToken {
  loaded ??= load("jsonwebtoken") as typeof JsonWebToken;
  return loaded;
}
