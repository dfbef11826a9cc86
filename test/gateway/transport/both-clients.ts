import { describe } from "node:test";
import type { Trust } from "../../../src/gateway/index.ts";
import { createGotClient } from "../../../src/gateway/transport/got-client.ts";
import type { Incoming, Outgoing, Transport, TransportOptions } from "../../../src/gateway/transport/port.ts";
import { secureContextOf } from "../../../src/gateway/transport/trust.ts";
import { createUndiciClient } from "../../../src/gateway/transport/undici-client.ts";
import { systemClock } from "../../../src/system-clock.ts";

export const MOST = 1024 * 1024;

export interface Setting {
  readonly trust?: Partial<Trust>;
  readonly proxy?: string;
}

export const settingOf = (url: string, { trust, proxy }: Setting = {}): TransportOptions => ({
  url,
  secureContext: url.startsWith("https:") ? secureContextOf({ ca: null, client: null, ...trust }) : null,
  proxy: proxy ?? null,
  connections: 8,
  maxAnswer: MOST,
});

export type Open = (url: string, setting?: Setting) => Transport;

const clients: Record<string, Open> = {
  got: (url, setting) => createGotClient(settingOf(url, setting), () => {}),
  undici: (url, setting) => createUndiciClient(settingOf(url, setting), systemClock, () => {}),
};

/** The same tests over each of them: nobody above may notice which one carries a call. */
export function withBothClients(name: string, tests: (open: Open) => void): void {
  for (const [client, open] of Object.entries(clients)) describe(`${name} (${client})`, () => tests(open));
}

export const question = (changes: Partial<Outgoing> = {}): Outgoing => ({
  lane: "list",
  method: "GET",
  path: "/agentconf/1201/queryvdnconfid",
  guid: "secret-guid.AgentGateway0",
  cookies: "NSLB=secret-cookie",
  body: null,
  timeoutMs: 2_000,
  signal: undefined,
  onHead() {},
  ...changes,
});

export const textOf = ({ body }: Incoming): string => body.toString();
