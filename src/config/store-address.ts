import { resolve } from "node:path";
import { parseRedisAddress, StoreRefused, whyNoFile } from "../sessions/index.ts";
import type { Surroundings } from "./files.ts";
import { type Checked, readCertificates, readOwnCertificate, readOwnKey } from "./keys.ts";
import type { Mistake } from "./mistakes.ts";

const name = "SESSION_STORE_URL";
const SQLITE = "sqlite:";

/** The file of an sqlite store; null for the others. */
export const storePath = (url: string, directory: string): string | null =>
  url.startsWith(SQLITE) ? resolve(directory, url.slice(SQLITE.length)) : null;

/**
 * What is wrong with a store's address whose form is right, and with the files that it names: the store itself would only
 * say so after everything else has been found good. Nothing is opened but these files.
 */
export function* findStoreMistakes(url: string | undefined, surroundings: Surroundings): Generator<Mistake> {
  if (url === undefined || url === "memory:") return;
  if (url.startsWith(SQLITE)) {
    const message = whyNoFile(url);
    if (message !== null) yield { name, message };
    if (/^sqlite:~/.test(url)) yield { name, message: "begins with ~, which is no home outside a shell: write it out" };
    return;
  }
  try {
    let certificate: string | null = null;
    parseRedisAddress(url, (path, what) => {
      if (what === "key") return told(what, readOwnKey(surroundings, path, certificate, "cert"));
      if (what === "ca") return told(what, readCertificates(surroundings, path));
      certificate = told(what, readOwnCertificate(surroundings, path));
      return certificate;
    });
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    yield { name, message: error.message.replace(`${name} `, "") };
  }
}

function told(what: string, checked: Checked<string>): string {
  if ("value" in checked) return checked.value;
  throw new StoreRefused(`${what}: ${checked.wrong}`);
}
