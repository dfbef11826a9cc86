import { createCluster, RedisClient, type RedisClientOptions } from "@redis/client";
import type { Chance, Clock } from "../../clock.ts";
import type { NodeAddress, RedisAddress, RedisUser } from "./address.ts";
import { within } from "./deadline.ts";
import type { Invalidations } from "./record-cache.ts";

const CONNECT_MS = 1_500;
/** An idle connection is asked for a sign of life, and given up when none comes. */
const PING_MS = 1_000;
const SILENCE_MS = 2_500;
/** Keys that Redis looks at for one answer: it serves nobody else meanwhile. */
const MOST_SCANNED = 1_000;

/**
 * The library's `createClient` puts every command of Redis on a new class each time, some 20 ms of work: made once, so
 * that dialling a Redis that is away costs next to nothing.
 */
const createClient = RedisClient.factory({ RESP: 3 });

/** A way to Redis that is open now. It is not mended when it breaks: another one is dialled. */
export interface Connection {
  /** @param key decides the node in a cluster */
  send(key: string, args: readonly string[]): Promise<unknown>;
  /** The values of several keys, in order. */
  getMany(keys: readonly string[]): Promise<unknown[]>;
  /** What a script answers with for each of several keys, in order. It is given `shared`, then `own`: one for each key, or none. */
  runEach(
    script: string,
    keys: readonly string[],
    shared: readonly string[],
    own: readonly string[],
  ): Promise<unknown[]>;
  /** The names of the keys that match, in portions; what comes or goes meanwhile may be missing, and one may come twice. */
  scan(pattern: string): AsyncIterable<readonly string[]>;
  subscribe(channels: readonly string[], listener: (message: string, channel: string) => void): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  destroy(): void;
}

interface DialOptions {
  readonly clock: Clock;
  readonly chance: Pick<Chance, "random">;
  /** Turns on tracking of what is read. */
  readonly invalidations?: Invalidations;
  /** Called once when the connection has broken by itself. */
  readonly onLost: () => void;
  /** Ends a dialling that is under way. */
  readonly signal: AbortSignal;
}

/** Connects, or rejects within a few seconds. */
export type Dial = (options: DialOptions) => Promise<Connection>;

/** For commands. */
export function dialFor(address: RedisAddress): Dial {
  switch (address.kind) {
    case "single":
      return (options) => connect(address, address.nodes[0], options);
    case "sentinel":
      return async (options) => connectToMaster(address, await askSentinels(address, options), options);
    case "cluster":
      return (options) => connectToCluster(address, options);
  }
}

/** For messages. In a cluster every node hands on what is published at any other: one of those given will do. */
export function dialForMessages(address: RedisAddress): Dial {
  if (address.kind !== "cluster") return dialFor(address);
  let attempt = 0;
  return (options) => {
    const node = address.nodes[attempt++ % address.nodes.length] ?? address.nodes[0];
    return connect(address, node, options);
  };
}

async function connect(address: RedisAddress, node: NodeAddress, options: DialOptions): Promise<Connection> {
  const client = createClient({
    ...clientOptions(address, address.credentials, node),
    database: address.database,
    ...(options.invalidations ? { clientSideCache: options.invalidations } : {}),
  });
  // Errors arrive where they matter: at the commands, and as the loss of the connection.
  client.on("error", () => undefined);
  await open(client, CONNECT_MS, options);
  client.once("terminated", options.onLost);
  return {
    send: (_key, args) => client.sendCommand(args),
    getMany: (keys) => client.sendCommand(["MGET", ...keys]),
    runEach: (script, keys, shared, own) =>
      client.sendCommand(["EVAL", script, String(keys.length), ...keys, ...shared, ...own]),
    scan: (pattern) => scan((args) => client.sendCommand(args), pattern),
    subscribe: (channels, listener) => client.subscribe([...channels], listener),
    unsubscribe: (channel) => client.unsubscribe(channel),
    destroy: () => client.destroy(),
  };
}

/** A sentinel may be behind: the server itself has the last word (https://redis.io/docs/latest/develop/reference/sentinel-clients/). */
async function connectToMaster(address: RedisAddress, master: NodeAddress, options: DialOptions): Promise<Connection> {
  const connection = await connect(address, master, options);
  try {
    const role = await within(options.clock, CONNECT_MS, connection.send("", ["ROLE"]));
    if (Array.isArray(role) && role[0] === "master") return connection;
  } catch (error) {
    connection.destroy();
    throw error;
  }
  connection.destroy();
  throw new NoMaster();
}

async function askSentinels(address: RedisAddress, options: DialOptions): Promise<NodeAddress> {
  for (const node of address.nodes) {
    const sentinel = createClient(clientOptions(address, address.sentinelCredentials, node));
    sentinel.on("error", () => undefined);
    try {
      await open(sentinel, CONNECT_MS, options);
      const question = ["SENTINEL", "get-master-addr-by-name", address.master];
      const answer: unknown = await within(options.clock, CONNECT_MS, sentinel.sendCommand(question));
      if (Array.isArray(answer)) return { host: String(answer[0]), port: Number(answer[1]) };
    } catch {
      // The next one may know.
    } finally {
      sentinel.destroy();
    }
  }
  throw new NoMaster();
}

async function connectToCluster(address: RedisAddress, options: DialOptions): Promise<Connection> {
  const { socket, ...defaults } = clientOptions(address, address.credentials);
  const cluster = createCluster({
    RESP: 3,
    rootNodes: address.nodes.map((node) => ({ socket: node })),
    defaults: { ...defaults, socket: { ...socket, reconnectStrategy: (attempt) => backOff(attempt, options.chance) } },
    // A node that does not answer must not keep us from the others.
    minimizeConnections: true,
    commandOptions: { timeout: 0 },
    ...(options.invalidations ? { clientSideCache: options.invalidations } : {}),
  });
  cluster.on("error", () => undefined);
  await open(cluster, CONNECT_MS * 2, options);
  return {
    send: (key, args) => cluster.sendCommand(key, false, [...args]),
    // A command or script there can touch one slot only.
    getMany: (keys) => Promise.all(keys.map((key) => cluster.sendCommand(key, false, ["GET", key]))),
    runEach: async (script, keys, shared, own) => {
      const run = (key: string, at: number) =>
        cluster.sendCommand(key, false, ["EVAL", script, "1", key, ...shared, ...own.slice(at, at + 1)]);
      return (await Promise.all(keys.map(run))).flat();
    },
    async *scan(pattern) {
      for (const master of cluster.masters) {
        const node = await cluster.nodeClient(master);
        yield* scan((args) => node.sendCommand(args), pattern);
      }
    },
    subscribe: (channels, listener) => cluster.subscribe([...channels], listener),
    unsubscribe: (channel) => cluster.unsubscribe(channel),
    destroy: () => cluster.destroy(),
  };
}

async function* scan(send: (args: string[]) => Promise<unknown>, pattern: string): AsyncGenerator<readonly string[]> {
  let cursor = "0";
  do {
    const answer = await send(["SCAN", cursor, "MATCH", pattern, "COUNT", String(MOST_SCANNED)]);
    const [next, names] = Array.isArray(answer) ? answer : [];
    cursor = String(next ?? "0");
    // An empty portion too, so that each is one command.
    yield Array.isArray(names) ? names.map(String) : [];
  } while (cursor !== "0");
}

interface Openable {
  connect(): Promise<unknown>;
  destroy(): void;
}

async function open(client: Openable, ms: number, { clock, signal }: DialOptions): Promise<void> {
  const giveUp = () => client.destroy();
  signal.addEventListener("abort", giveUp);
  try {
    signal.throwIfAborted();
    await within(clock, ms, client.connect());
  } catch (error) {
    client.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/** Milliseconds before another attempt: doubling up to two seconds, with jitter so that a fleet does not come at once. */
export function backOff(
  attempt: number,
  chance: Pick<Chance, "random">,
  { firstMs, longestMs } = { firstMs: 50, longestMs: 2_000 },
): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 10)) * (0.5 + chance.random() / 2);
}

class NoMaster extends Error {
  override readonly name = "NoMaster";
}

function clientOptions({ tls }: RedisAddress, credentials: RedisUser, node?: NodeAddress) {
  return {
    RESP: 3,
    ...credentials,
    name: "conferences-bff",
    socket: {
      ...node,
      connectTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      reconnectStrategy: false,
      ...(tls === null ? {} : { tls: true as const, ...tls }),
    },
    pingInterval: PING_MS,
    // Nothing waits for a Redis that is away.
    disableOfflineQueue: true,
    // The library's time limit costs an AbortSignal a command, and ends once the command is written.
    commandOptions: { timeout: 0 },
    maintNotifications: "disabled",
  } satisfies RedisClientOptions;
}
