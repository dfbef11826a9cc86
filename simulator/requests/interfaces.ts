/**
 * The gateway's interfaces, each under the name that faults and counters use. Paths are those of the vendor's pages
 * 1202 to 1225 (agents), 1274 (events) and 1300, 1301 (conferences).
 */
export const INTERFACES = [
  "sign-in",
  "forcelogin",
  "loginex",
  "logout",
  "forcelogout",
  "forcelogoutwithreason",
  "updateGuid",
  "handshake",
  "agentstatus",
  "poll",
  "iscensor",
  "queryvdnconfid",
  "queryconfinfos",
] as const;

export type InterfaceName = (typeof INTERFACES)[number];

interface Row {
  readonly name: InterfaceName;
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly family: string;
  readonly operation: string;
}

const ROWS: readonly Row[] = [
  { name: "sign-in", method: "PUT", family: "onlineagent", operation: "" },
  { name: "forcelogin", method: "PUT", family: "onlineagent", operation: "forcelogin" },
  { name: "loginex", method: "PUT", family: "onlineagent", operation: "loginex" },
  { name: "logout", method: "DELETE", family: "onlineagent", operation: "logout" },
  { name: "forcelogout", method: "DELETE", family: "onlineagent", operation: "forcelogout" },
  { name: "forcelogoutwithreason", method: "DELETE", family: "onlineagent", operation: "forcelogoutwithreason" },
  { name: "updateGuid", method: "PUT", family: "onlineagent", operation: "updateGuid" },
  { name: "handshake", method: "POST", family: "onlineagent", operation: "handshake" },
  { name: "agentstatus", method: "GET", family: "onlineagent", operation: "agentstatus" },
  { name: "poll", method: "GET", family: "agentevent", operation: "" },
  { name: "iscensor", method: "GET", family: "agentgroup", operation: "iscensor" },
  { name: "queryvdnconfid", method: "GET", family: "agentconf", operation: "queryvdnconfid" },
  { name: "queryconfinfos", method: "POST", family: "agentconf", operation: "queryconfinfos" },
];

const BY_PLACE = new Map(ROWS.map((row) => [`${row.family}/${row.operation}`, row]));

export interface Route {
  readonly name: InterfaceName;
  readonly agentId: string;
  /** What follows the operation: the reason of `forcelogoutwithreason`. */
  readonly rest: string;
}

/** `path` begins behind the resource path. A known path with another method answers its proper method. */
export function routeOf(method: string, path: string): Route | { readonly allow: string } | null {
  const [family, agentId, operation = "", rest = "", more] = path.split("/", 5);
  if (family === undefined || !agentId || more) return null;
  const row = BY_PLACE.get(`${family}/${operation}`);
  if (row === undefined || (rest !== "" && row.name !== "forcelogoutwithreason")) return null;
  return row.method === method ? { name: row.name, agentId, rest } : { allow: row.method };
}

export const SIGN_INS: ReadonlySet<InterfaceName> = new Set(["sign-in", "forcelogin", "loginex"]);
export const SIGN_OUTS: ReadonlySet<InterfaceName> = new Set(["logout", "forcelogout", "forcelogoutwithreason"]);
