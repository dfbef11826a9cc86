import { sealingKeyOf } from "../../sessions/index.ts";
import { form, matching } from "./form.ts";

/** Without a colon, which ends it in every name, so that no prefix begins with another; without what SCAN takes for a pattern. */
export const storePrefix = matching("1 to 32 letters, digits, `.`, `_` and `-`", /^[\w.-]{1,32}$/);

/** The shape only: what is said within it is looked at when the files that it names are. */
export const storeUrl = form(
  "`memory:`, `sqlite:PATH`, `redis://[USER:PASSWORD@]HOST:PORT[/DATABASE]` or `rediss://…`; several hosts, comma separated, with `?sentinel=NAME` or `?cluster`; over TLS `?ca=FILE&cert=FILE&key=FILE`",
  (text) => {
    if (text === "memory:") return { value: text };
    if (text.startsWith("sqlite:")) {
      // Two slashes would make a host of the first folder; a colon would name node:sqlite's own special databases.
      return /^sqlite:(?!\/\/[^/])(?!:)[^\0?#]+$/.test(text)
        ? { value: text }
        : { wrong: "must name a file, as in sqlite:data/sessions.db or sqlite:/var/lib/sessions.db" };
    }
    return /^rediss?:\/\/([^@/?#\s]*@)?[^@/?#\s]+(\/[0-9]*)?(\?[^#\s]+)?$/.test(text)
      ? { value: text }
      : { wrong: "must be memory:, sqlite:PATH, redis://HOST:PORT or rediss://HOST:PORT" };
  },
);

export const sealingKeys = form("base64 of 32 random bytes; several comma separated, newest first", (text) => {
  const keys = text.split(",").map((part) => sealingKeyOf(part.trim()));
  const wrong = keys.indexOf(null);
  return wrong === -1
    ? { value: keys.filter((key) => key !== null) }
    : { wrong: `key ${wrong + 1} of ${keys.length} must be the base64 of exactly 32 bytes` };
});
