import { readFileSync } from "node:fs";
import { StoreRefused } from "../unavailable.ts";

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26379;

export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

export interface RedisUser {
  readonly username?: string;
  readonly password?: string;
}

/** Where Redis is, parsed from `SESSION_STORE_URL`. */
export interface RedisAddress {
  /** `single`: one server (the first node). `sentinel`: ask the nodes for the master. `cluster`: the nodes to start from. */
  readonly kind: "single" | "sentinel" | "cluster";
  readonly nodes: readonly [NodeAddress, ...NodeAddress[]];
  /** The name of the master that the sentinels watch. */
  readonly master: string;
  readonly credentials: RedisUser;
  readonly sentinelCredentials: RedisUser;
  readonly database: number;
  /** For `rediss:`, PEM texts: authorities that are trusted instead of the system's, our own certificate and its key. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string } | null;
}

/** Scheme, user and password, hosts, database, query. */
const FORM = /^(rediss?):\/\/(?:([^@/?]*)@)?([^@/?]+)(?:\/([0-9]*))?(?:\?(.*))?$/;

/** As the log may call it: without user, password, and whatever of the query does not say how the servers are found. */
export function shownAddress(text: string): string {
  const [, scheme, , hosts = "", database, query = ""] = FORM.exec(text) ?? [];
  if (scheme === undefined) return "redis:";
  const parameters = new URLSearchParams(query);
  const master = parameters.get("sentinel");
  const how = parameters.has("cluster") ? "?cluster" : master === null ? "" : `?sentinel=${master}`;
  return `${scheme}://${hosts}${database === undefined ? "" : `/${database}`}${how}`;
}

/**
 * Parses `SESSION_STORE_URL`:
 *
 * - `redis://[user[:password]@]host[:port][/database]`: one server
 * - `redis://[user[:password]@]host:26379,host:26379[/database]?sentinel=NAME`: the master that these sentinels name;
 *   `&sentinelUser=…&sentinelPassword=…` when they want credentials of their own
 * - `redis://[user[:password]@]host:port,host:port?cluster`: a cluster, found from any of these nodes
 * - `rediss://…`: each of them over TLS; `?ca=FILE` trusts the authorities of a PEM file instead of the system's,
 *   `&cert=FILE&key=FILE` shows a certificate to a server that asks for one
 *
 * User and password are percent-encoded. An IPv6 host stands in brackets.
 *
 * @param readPem gives the text of a file that the URL names; throws {@link StoreRefused}
 * @throws {@link StoreRefused}, never with the URL in it: it may hold a password.
 */
export function parseRedisAddress(text: string, readPem: ReadPem = readFile): RedisAddress {
  const parts = FORM.exec(text);
  if (parts === null) throw new StoreRefused("SESSION_STORE_URL is not of the form redis://HOST:PORT");
  const [, scheme, userInfo = "", hosts = "", database = "", query = ""] = parts;
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys()) {
    if (!["sentinel", "sentinelUser", "sentinelPassword", "cluster", "ca", "cert", "key"].includes(name)) {
      throw new StoreRefused(
        "SESSION_STORE_URL has a parameter that is not sentinel, sentinelUser, sentinelPassword, cluster, ca, cert or key",
      );
    }
  }
  const master = parameters.get("sentinel") ?? "";
  const kind = parameters.has("cluster") ? "cluster" : parameters.has("sentinel") ? "sentinel" : "single";
  const defaultPort = kind === "sentinel" ? SENTINEL_PORT : REDIS_PORT;
  const [first, ...others] = hosts.split(",").map((host) => parseNode(host, defaultPort));
  if (first === undefined) throw new StoreRefused("SESSION_STORE_URL names no host");
  if (kind === "single" && others.length > 0) {
    throw new StoreRefused("SESSION_STORE_URL names several hosts: say ?cluster or ?sentinel=NAME");
  }
  if (kind === "sentinel" && (master === "" || parameters.has("cluster"))) {
    throw new StoreRefused("SESSION_STORE_URL needs the master's name in ?sentinel=NAME");
  }
  if (kind === "cluster" && (parameters.has("sentinel") || Number(database) !== 0)) {
    throw new StoreRefused("SESSION_STORE_URL of a cluster has neither sentinels nor a database");
  }
  return {
    kind,
    nodes: [first, ...others],
    master,
    credentials: parseUserInfo(userInfo),
    sentinelCredentials: credentialsOf(parameters.get("sentinelUser"), parameters.get("sentinelPassword")),
    database: Number(database),
    tls: scheme === "rediss" ? tlsFiles(parameters, readPem) : null,
  };
}

function parseNode(text: string, defaultPort: number): NodeAddress {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+))(?::([0-9]{1,5}))?$/.exec(text);
  const port = Number(parts?.[3] ?? defaultPort);
  if (parts === null || port < 1 || port > 65_535) {
    throw new StoreRefused("SESSION_STORE_URL has a host that is not of the form HOST:PORT");
  }
  return { host: parts[1] ?? parts[2] ?? "", port };
}

function parseUserInfo(text: string): RedisUser {
  const colon = text.indexOf(":");
  const [username, password] = colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
  try {
    return credentialsOf(decodeURIComponent(username), decodeURIComponent(password));
  } catch {
    throw new StoreRefused("SESSION_STORE_URL has a user or password that is not percent-encoded");
  }
}

function credentialsOf(username: string | null, password: string | null): RedisUser {
  return { ...(username ? { username } : {}), ...(password ? { password } : {}) };
}

/** In this order: a certificate is known when its key is looked at. */
const TLS_FILES = ["ca", "cert", "key"] as const;

type ReadPem = (path: string, what: (typeof TLS_FILES)[number]) => string;

function tlsFiles(parameters: URLSearchParams, readPem: ReadPem): NonNullable<RedisAddress["tls"]> {
  if (parameters.has("cert") !== parameters.has("key")) {
    throw new StoreRefused("SESSION_STORE_URL needs cert and key together");
  }
  const texts: { ca?: string; cert?: string; key?: string } = {};
  for (const name of TLS_FILES) {
    const path = parameters.get(name);
    if (path !== null) texts[name] = readPem(path, name);
  }
  return texts;
}

const FILE_WORDS = { ca: "CA", cert: "certificate", key: "key" } as const;

function readFile(path: string, what: keyof typeof FILE_WORDS): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw new StoreRefused(`The ${FILE_WORDS[what]} file ${path} of SESSION_STORE_URL cannot be read`);
  }
}
