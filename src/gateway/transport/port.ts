import type { IncomingHttpHeaders } from "node:http";
import type { SecureContext } from "node:tls";

/**
 * `list`: the conference list and its details, thousands a second. `poll`: hangs for 10 s, so polls have connections of
 * their own, and neither they nor the calls starve the other. `single`: what changes something or is rare, each on a
 * connection that nobody has used before.
 */
export type Lane = "list" | "poll" | "single";

export interface Outgoing {
  readonly lane: Lane;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below the gateway's URL, from its slash on; made of words and checked ids only. */
  readonly path: string;
  /** `null` for the sign-in, which has no Guid yet. */
  readonly guid: string | null;
  /** The `Cookie` header; empty: none. */
  readonly cookies: string;
  readonly body: string | null;
  /** Header fields by which the call is followed. */
  readonly trace?: Readonly<Record<string, string>> | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** When the connection stands, before the first byte goes out: the last moment to abort without a trace. */
  onReady?(): void;
  /** The head of the answer, also of one that is then cut off: it may bring a new Guid. */
  onHead(headers: IncomingHttpHeaders): void;
}

export interface Incoming {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface TransportOptions {
  /** Without a trailing slash. */
  readonly url: string;
  /** Of an https URL: whom to trust and who we are. */
  readonly secureContext: SecureContext | null;
  /** The HTTP proxy on the way, with its credentials if it wants some; null: none. */
  readonly proxy: string | null;
  /** Connections of the `list` lane. */
  readonly connections: number;
  /** In bytes, after decompression. */
  readonly maxAnswer: number;
}

export interface Transport {
  /**
   * One HTTP exchange: no retry, no redirect, every status is an answer. Rejects with a {@link TransportFailure}, or
   * with the signal's reason once nobody waits for the answer any more.
   */
  exchange(outgoing: Outgoing): Promise<Incoming>;
  /** Reads what the first exchange is going to need, out of whose deadline that would be taken. */
  readAhead?(): Promise<void>;
  close(): void;
}

/**
 * What every call carries. The content type is marked mandatory on every page of the gateway's reference, for a GET
 * without a body too; firewalls want to know who asks and what for.
 */
export function headersOf({ guid, cookies, trace }: Outgoing): Record<string, string> {
  const headers: Record<string, string> = {
    "Content-Type": "application/json; charset=UTF-8",
    Accept: "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "conferences-bff",
  };
  if (guid !== null) headers.Guid = guid;
  if (cookies !== "") headers.Cookie = cookies;
  if (trace !== undefined) Object.assign(headers, trace);
  return headers;
}
