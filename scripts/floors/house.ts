/**
 * Which room may know which: an arrow (an import) goes down a floor and never up, and rooms of one floor do not know
 * each other.
 */
interface Room {
  readonly name: string;
  /** A folder, or a file without `.ts`, below the root. The longest that fits says which room a file is in. */
  readonly place: string;
  /** Names of rooms; `*`: every one of those that stand below the composition's floor. */
  readonly mayKnow: readonly string[];
  /** Its outside: the files below its place that whoever lives elsewhere may import. Left out: all of them. */
  readonly outside?: readonly string[];
}

const INDEX = ["index.ts"] as const;

const KITS = ["claims", "tokens", "gateway", "problems"];
const SESSIONS = ["session model", "session stores", "sessions", ...KITS];
const WHAT_A_USER_ASKS_FOR = ["session edge", "sessions", ...KITS, "http"];

/** From the top to the bottom, which is the way of a request. */
export const HOUSE: readonly Room[] = [
  // What lies in src itself: main, run, service, app and what only they use.
  { name: "composition", place: "src", mayKnow: ["*", "config", "log", "tracing"] },
  { name: "config", place: "src/config", mayKnow: ["*"], outside: INDEX },
  { name: "log", place: "src/log", mayKnow: ["*"] },
  // Implements what rooms declare, for whoever follows their work; they know nothing of it.
  { name: "tracing", place: "src/tracing", mayKnow: ["http", ...SESSIONS] },
  { name: "board", place: "src/board", mayKnow: WHAT_A_USER_ASKS_FOR },
  { name: "conferences", place: "src/conferences", mayKnow: WHAT_A_USER_ASKS_FOR },
  { name: "operations", place: "src/operations", mayKnow: WHAT_A_USER_ASKS_FOR },
  { name: "session edge", place: "src/sessions/api", mayKnow: [...SESSIONS, "http"], outside: INDEX },
  { name: "sessions", place: "src/sessions", mayKnow: ["session model", "session stores", ...KITS], outside: INDEX },
  { name: "session stores", place: "src/sessions/stores", mayKnow: ["session model", ...KITS] },
  { name: "session model", place: "src/sessions/model", mayKnow: KITS },
  { name: "session model", place: "src/sessions/own-conference", mayKnow: KITS },
  { name: "session model", place: "src/sessions/sealing", mayKnow: KITS },
  { name: "session model", place: "src/sessions/clock", mayKnow: KITS },
  { name: "http", place: "src/http", mayKnow: ["claims", "problems"] },
  { name: "tokens", place: "src/tokens", mayKnow: ["claims", "problems"], outside: INDEX },
  // What a token says of its bearer, and the names in it: the one thing of a kit that another may know.
  { name: "claims", place: "src/tokens/claims", mayKnow: [] },
  { name: "claims", place: "src/tokens/issuer", mayKnow: [] },
  { name: "claims", place: "src/tokens/names", mayKnow: [] },
  // Its ids are the model's too, which need not load a client for them.
  { name: "gateway", place: "src/gateway", mayKnow: ["problems"], outside: [...INDEX, "identifiers.ts"] },
  { name: "problems", place: "src/problems", mayKnow: [] },
  // Programs of their own, which know nothing of the service.
  { name: "simulator", place: "simulator", mayKnow: [] },
  { name: "client", place: "client", mayKnow: [] },
];

/** Folders whose files are held to their floors. Those of scripts, bench and test start the others, and see all. */
export const LOOKED_AT = ["src", "simulator", "client"] as const;

/** Rooms that are handed time and chance, so that a whole fleet can live on a time of its own. */
export const HANDED_TIME: readonly string[] = [
  "session edge",
  "sessions",
  "session stores",
  "session model",
  "gateway",
];

/** A file of src has fewer lines. */
export const TOO_MANY_LINES = 260;

/** What is no code of ours, and may be read from anywhere in src: the program's own name and version. */
export const DATA = ["package.json"] as const;

/** Packages that are one concern's, and the rooms whose concern that is. In `src/` no other room may import them. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  express: ["composition", "board", "conferences", "operations", "session edge", "http"],
  "express-rate-limit": ["http"],
  "rate-limit-redis": ["http"],
  helmet: ["http"],
  "@redis/client": ["session stores"],
  "node:sqlite": ["session stores"],
  "node:timers": ["composition", "http"],
  got: ["gateway"],
  undici: ["gateway"],
  jose: ["tokens"],
  jsonwebtoken: ["tokens"],
  pino: ["log"],
  "@opentelemetry/api": ["tracing"],
};

/** `null`: a folder that has no floor. `path` is below the root, with slashes. */
export function roomOf(path: string): Room | null {
  const fitting = HOUSE.filter(({ place }) =>
    place === "src" ? /^src\/[^/]+$/.test(path) : path === `${place}.ts` || path.startsWith(`${place}/`),
  );
  return fitting.sort((one, other) => other.place.length - one.place.length)[0] ?? null;
}

export function mayKnow(room: Room, other: Room): boolean {
  if (room.name === other.name) return true;
  const hidden = ["composition", "config", "log", "tracing", "simulator", "client"].includes(other.name);
  return room.mayKnow.includes(other.name) || (room.mayKnow.includes("*") && !hidden);
}

/** Whether a file of a room is a part of its outside, or at home with who imports it. Both paths are below the root. */
export function isOutside({ place, outside }: Room, file: string, importer: string): boolean {
  return outside === undefined || importer.startsWith(`${place}/`) || outside.includes(file.slice(place.length + 1));
}

export function mayUse(room: Room, name: string): boolean {
  return PACKAGES[name]?.includes(room.name) ?? true;
}
