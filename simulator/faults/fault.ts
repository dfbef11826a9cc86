import { type Field, flag, list, number, oneOf, optional, orNull, record, text, type ValueOf } from "../fields.ts";
import { INTERFACES } from "../requests/interfaces.ts";

/** What can be wrong with an answer. Each is played on demand, by rules that the control interface adds. */
export const FAULTS = {
  retcode: "a failure with `retcode` (any code) and perhaps `message`, HTTP 200",
  status: "HTTP status `status` (default 500) with an HTML page, or `body`",
  hang: "no answer at all until the client leaves or the rule is gone; the gateway does nothing",
  hold: "the gateway takes its time: it works and answers when the rule is gone, its client still there or not",
  drip: "the real answer, `chunk` bytes (default 1) every `everyMs` (default 100)",
  cut: "the real answer's head and half of its body, or `bytes` of it, then the socket is closed",
  reset: "the connection is reset before any answer",
  html: "an HTML page with 200",
  empty: "200 with an empty body",
  huge: "200 with a JSON body of `bytes` (default 32 MiB), by `encoding` where one is given",
  redirect: "`status` (default 302) to `location`",
  shape: "200 with JSON of a wrong shape, or with `body`",
  "invalid-json": "200 with something that is almost JSON",
  delay: "the real answer after `delayMs`",
  headers: "the real answer with `headers` changed: a text sets one, null removes one",
  compressed: "the real answer by `encoding` (gzip, deflate or br; default gzip), asked for or not",
  interim: "an interim answer `status` (100, 102 or 103; default 100) that nobody asked for, then the real one",
} as const;

export type FaultKind = keyof typeof FAULTS;

/** Every interface, and every one that is called with a Guid. */
const GROUPS = ["*", "with-guid"] as const;

const changedHeaders: Field<Readonly<Record<string, string | null>>> = {
  read(value, path, notes) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      notes.mistakes.push(`${path}: an object`);
      return {};
    }
    const one = orNull(text(0));
    const read = Object.entries(value).map(([name, header]) => [name, one.read(header, `${path}.${name}`, notes)]);
    return Object.fromEntries(read);
  },
};

const place: Field<string> = {
  read(value, path, { mistakes }) {
    const known = [...GROUPS, ...INTERFACES] as readonly unknown[];
    if (known.includes(value) || (typeof value === "string" && value.startsWith("/"))) return value as string;
    mistakes.push(`${path}: one of ${known.join(", ")}, or a path that begins with /`);
    return "";
  },
};

const places: Field<string | readonly string[]> = {
  read: (value, path, notes) =>
    Array.isArray(value) ? list(place, 1).read(value, path, notes) : place.read(value, path, notes),
};

export const FAULT_SPEC = record({
  kind: oneOf(Object.keys(FAULTS) as FaultKind[]),
  /**
   * Names of interfaces, `*` for all, `with-guid` for all but the sign-ins, or a path below the resource path with `*`
   * for any part: "poll", "/agentconf/*", ["logout", "forcelogout"].
   */
  on: places,
  agentId: optional(text()),
  /** The client's, as the gateway sees it: "127.0.0.2". */
  address: optional(text()),
  /** How often it is played; left out: until it is gone. */
  times: optional(number()),
  /** So many matching calls go through first. */
  after: optional(number()),
  /** How long the rule stands, real ms; left out: until it is cleared. */
  forMs: optional(number()),
  /**
   * The gateway does its work first and the answer is spoiled then: a sign-in that happened and was never heard of.
   * Always so for the kinds that need the real answer (drip, cut, headers, compressed, interim).
   */
  worked: optional(flag),
  /** Added to any kind, before it is played. Not scaled. */
  delayMs: optional(number()),
  retcode: optional(text()),
  message: optional(text(0)),
  status: optional(number(100, 599)),
  body: optional(text(0)),
  headers: optional(changedHeaders),
  location: optional(text()),
  bytes: optional(number()),
  chunk: optional(number()),
  everyMs: optional(number()),
  encoding: optional(oneOf(["gzip", "deflate", "br"])),
});

export type FaultSpec = ValueOf<typeof FAULT_SPEC>;
