import { type Agent, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { request as tlsRequest } from "node:https";
import type { TestContext } from "node:test";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../simulator/index.ts";

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly ms: number;
  /** The interim answers that came before it. */
  readonly interim: readonly number[];
}

export interface CallOptions {
  readonly guid?: string;
  readonly cookie?: string;
  readonly body?: unknown;
  /** Instead of the proper one; `null`: none. */
  readonly contentType?: string | null;
  readonly signal?: AbortSignal;
  readonly ca?: string;
  readonly agent?: Agent;
  /** The address that it comes from, one of this machine's. */
  readonly from?: string;
}

/** A simulator that is closed with the test. */
export async function simulatorFor(t: TestContext, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator(options);
  t.after(() => simulator.close());
  return simulator;
}

/** One call as a plain client makes it: any status and any body is a reply; a broken connection rejects. */
export function send(method: string, url: string, options: CallOptions = {}): Promise<Reply> {
  const { guid, cookie, body, contentType = "application/json; charset=UTF-8", signal, ca, agent, from } = options;
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const headers = {
      ...(contentType !== null && { "Content-Type": contentType }),
      ...(guid !== undefined && { Guid: guid }),
      ...(cookie !== undefined && { Cookie: cookie }),
    };
    const ask = url.startsWith("https:") ? tlsRequest : request;
    const outgoing = ask(
      url,
      { method, headers, signal, ca, agent: agent ?? false, localAddress: from },
      (incoming) => {
        readText(incoming).then((text) => {
          const ms = performance.now() - started;
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, ms, interim });
        }, reject);
      },
    );
    const interim: number[] = [];
    outgoing.on("continue", () => interim.push(100));
    outgoing.on("information", ({ statusCode }) => interim.push(statusCode));
    outgoing.on("error", reject);
    outgoing.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body));
  });
}

const UNPACK = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync } as const;

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const unpack = UNPACK[incoming.headers["content-encoding"] as keyof typeof UNPACK];
  return (unpack === undefined ? body : unpack(body)).toString("utf8");
}

export function parsed(reply: Pick<Reply, "text">): {
  message: string;
  retcode: string;
  result?: unknown;
  event?: unknown;
} {
  return JSON.parse(reply.text);
}

export type Heard = readonly [eventType: string, content: unknown];

export const typesOf = (heard: readonly Heard[]): string[] => heard.map(([type]) => type);

/** The content of the last event that was heard. */
export function lastContent(heard: readonly Heard[]): Readonly<Record<string, unknown>> {
  return (heard.at(-1)?.[1] ?? {}) as Readonly<Record<string, unknown>>;
}

/** An agent's client: remembers the newest Guid and the cookies, as a good client does. */
export class AgentClient {
  readonly agentId: string;
  readonly #url: string;
  readonly #ca: string | undefined;
  guid = "";
  cookie = "";

  constructor(simulator: Pick<Simulator, "url">, agentId = "1201", ca?: string) {
    this.#url = simulator.url;
    this.agentId = agentId;
    this.#ca = ca;
  }

  async call(method: string, family: string, operation = "", options: CallOptions = {}): Promise<Reply> {
    const url = `${this.#url}/${family}/${this.agentId}${operation && `/${operation}`}`;
    const reply = await send(method, url, {
      ...(this.guid && { guid: this.guid }),
      ...(this.cookie && { cookie: this.cookie }),
      ...(this.#ca !== undefined && { ca: this.#ca }),
      ...options,
    });
    const guid = reply.headers["set-guid"];
    if (typeof guid === "string") this.guid = guid.replace(/^JSESSIONID=/, "");
    const cookies = reply.headers["set-cookie"]?.map((cookie) => cookie.split(";")[0]);
    if (cookies) this.cookie = cookies.join("; ");
    return reply;
  }

  signIn(fields: Readonly<Record<string, unknown>> = {}, operation = ""): Promise<Reply> {
    const body = { password: `secret-${this.agentId}`, phonenum: "40038", status: 3, ...fields };
    return this.call("PUT", "onlineagent", operation, { body });
  }

  poll(options: CallOptions = {}): Promise<Reply> {
    return this.call("GET", "agentevent", "", options);
  }

  /** Polls until the queue is empty: the events' types, in order. */
  async drain(): Promise<string[]> {
    const types: string[] = [];
    for (;;) {
      const event = parsed(await this.poll()).event as { eventType: string } | undefined;
      if (event === undefined) return types;
      types.push(event.eventType);
    }
  }

  /** Polls until an event of this type has come: all events up to it, in order. */
  async hear(last: string): Promise<Heard[]> {
    const heard: Heard[] = [];
    for (let poll = 0; poll < 500; poll += 1) {
      const reply = parsed(await this.poll());
      const event = reply.event as { eventType: string; content: unknown } | undefined;
      if (reply.retcode !== "0") throw new Error(`${last}: the poll says ${reply.retcode}`);
      if (event === undefined) continue;
      heard.push([event.eventType, event.content]);
      if (event.eventType === last) return heard;
    }
    throw new Error(`${last} has not come, but ${JSON.stringify(heard)}`);
  }

  /** A call of the conference family, by its last word. */
  async confer(operation: string, body?: unknown): Promise<ReturnType<typeof parsed>> {
    return parsed(await this.call("POST", "agentconf", operation, body === undefined ? {} : { body }));
  }

  /** Any other operation: what follows the agent's id in its path, query included. */
  async operate(method: string, family: string, operation: string, body?: unknown) {
    return parsed(await this.call(method, family, operation, body === undefined ? {} : { body }));
  }

  ids(options: CallOptions = {}): Promise<Reply> {
    return this.call("GET", "agentconf", "queryvdnconfid", options);
  }

  infos(confIds: string, options: CallOptions = {}): Promise<Reply> {
    return this.call("POST", "agentconf", "queryconfinfos", { body: `{"confIds":${confIds}}`, ...options });
  }

  signOut(operation = "logout"): Promise<Reply> {
    return this.call("DELETE", "onlineagent", operation);
  }
}

export async function signedIn(simulator: Simulator, agentId = "1201"): Promise<AgentClient> {
  const client = new AgentClient(simulator, agentId);
  await client.signIn();
  return client;
}

/** Signed in with a status (4 idle) and with nothing left to hear. */
export async function ready(simulator: Simulator, agentId: string, status = 4): Promise<AgentClient> {
  const client = new AgentClient(simulator, agentId);
  await client.signIn({ status });
  await client.drain();
  return client;
}

/** Nobody waits long for anything. */
export const QUICK = {
  pollHoldMs: 5,
  hastyPollMs: 0,
  applicationMs: 5,
  answerMs: 5,
  changeMs: 2,
  phoneAnswerMs: 10,
  announcementMs: 10,
  conferences: [],
} as const;

export async function until(holds: () => boolean, withinMs = 2000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
