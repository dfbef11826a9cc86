import { isIP } from "node:net";
import * as z from "zod";
import {
  type Algorithm,
  asymmetricAlgorithms,
  LEAST_SECRET_BYTES,
  symmetricAlgorithms,
  whyNoSecret,
} from "../tokens/index.ts";
import { whyNotASubnet } from "./subnets.ts";

/**
 * The forms that a variable's text may have. Each says what it accepts in its `description`, from which the page is
 * made, and never repeats the text in a message: it may be a secret in the wrong variable.
 */

const algorithms: readonly Algorithm[] = [...symmetricAlgorithms, ...asymmetricAlgorithms];

/** Builds a form from a function that either gives the value or says what is wrong. */
function form<T>(description: string, parse: (text: string) => { value: T } | { wrong: string }) {
  return z
    .string()
    .transform((text, context): T => {
      const result = parse(text);
      if ("value" in result) return result.value;
      context.addIssue({ code: "custom", message: result.wrong });
      return z.NEVER;
    })
    .describe(description);
}

export const integer = (least: number, most: number, note = "") =>
  form(`integer, ${least} to ${most}${note}`, (text) => {
    const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? { value } : { wrong: `must be an integer from ${least} to ${most}` };
  });

export const oneOf = <const Words extends readonly string[]>(words: Words) =>
  form(words.map((word) => `\`${word}\``).join(", "), (text) =>
    words.includes(text) ? { value: text as Words[number] } : { wrong: `must be one of ${words.join(", ")}` },
  );

const matching = (description: string, pattern: RegExp) =>
  form(description, (text) => (pattern.test(text) ? { value: text } : { wrong: `must be: ${description}` }));

/** Parses each part of a comma-separated list, of which `whyNot` lets pass what is one; a mistake names the place in the list. */
const list = <Part extends string = string>(
  description: string,
  what: string,
  whyNot: (part: string) => string | null,
) =>
  form(description, (text): { value: readonly [Part, ...Part[]] } | { wrong: string } => {
    const parts = text.split(",").map((part) => part.trim());
    const wrong = parts.flatMap((part, index) => {
      const why = whyNot(part);
      return why === null ? [] : [parts.length === 1 ? why : `${what} ${index + 1} of ${parts.length}: ${why}`];
    });
    return wrong.length === 0 ? { value: parts as [Part, ...Part[]] } : { wrong: wrong.join("; ") };
  });

export const hostAddress = form("an IP address or a host name to listen on", (text) =>
  isIP(text) !== 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]{0,252})$/.test(text)
    ? { value: text }
    : { wrong: "must be an IP address or a host name, without a port" },
);

export const filePath = matching("path of a file", /^[^\0]{1,4096}$/);
export const anyText = matching("text up to 1024 characters", /^[^\p{Cc}]{1,1024}$/u);
export const claimName = matching("name of a claim, up to 128 visible characters", /^[\x21-\x7e]{1,128}$/);
/** A scope token of RFC 6749 section 3.3: a blank would make two words of it, of which no claim could hold the pair. */
export const scopeWord = matching("one scope word, without blanks", /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/);

function parseUrl(text: string, schemes: readonly string[]): URL | string {
  const url = URL.parse(text);
  if (url === null || !schemes.includes(url.protocol)) return "must be an http or https URL";
  if (url.username !== "" || url.password !== "") return "must not hold credentials";
  return url;
}

export const gatewayUrl = form("http or https URL, without credentials, query or fragment", (text) => {
  const url = parseUrl(text, ["http:", "https:"]);
  if (typeof url === "string") return { wrong: url };
  if (/[?#]/.test(text)) return { wrong: "must not have a query or a fragment" };
  return { value: url.href.replace(/\/+$/, "") };
});

export const jwksUrl = form("http or https URL, without credentials or fragment", (text) => {
  const url = parseUrl(text, ["http:", "https:"]);
  if (typeof url === "string") return { wrong: url };
  return text.includes("#") ? { wrong: "must not have a fragment" } : { value: url.href };
});

export const secretList = list(
  `text of ${LEAST_SECRET_BYTES} bytes or more; several comma separated, newest first`,
  "secret",
  whyNoSecret,
);

export const algorithmList = list<Algorithm>(`comma separated: ${algorithms.join(" ")}`, "algorithm", (part) =>
  algorithms.some((name) => name === part) ? null : `must be one of ${algorithms.join(", ")}`,
);

/** An origin as a browser sends it (RFC 6454 section 6.2): what is compared byte by byte has to be written that way. */
export const originList = list(
  "exact origins, comma separated: scheme, host in lower case, port if not the default",
  "origin",
  (part) => {
    const url = URL.parse(part);
    const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.origin === part && !part.includes("*");
    return isOrigin ? null : "must be an exact origin such as https://app.example: no path, wildcard, or null";
  },
);

export const subnetList = list(
  "IP addresses and subnets, comma separated; `loopback`, `linklocal` and `uniquelocal` stand for theirs",
  "subnet",
  whyNotASubnet,
);

export const sealingKeys = form("base64 of 32 random bytes; several comma separated, newest first", (text) => {
  const keys = text.split(",").map((part) => part.trim());
  const wrong = keys.findIndex((key) => !/^[A-Za-z0-9+/_-]{43}=?$/.test(key));
  return wrong === -1
    ? { value: keys.map((key) => new Uint8Array(Buffer.from(key, "base64"))) }
    : { wrong: `key ${wrong + 1} of ${keys.length} must be the base64 of exactly 32 bytes` };
});

/** Without a colon, which ends it in every name, so that no prefix begins with another; without what SCAN takes for a pattern. */
export const storePrefix = matching("1 to 32 letters, digits, `.`, `_` and `-`", /^[\w.-]{1,32}$/);

/** The shape only: the sqlite file and the Redis address are taken apart where they are opened. */
export const storeUrl = form(
  "`memory:`, `sqlite:PATH`, `redis://[USER:PASSWORD@]HOST:PORT[/DATABASE]` or `rediss://…`; several hosts, comma separated, with `?sentinel=NAME` or `?cluster`",
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
