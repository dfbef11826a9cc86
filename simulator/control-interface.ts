import type { IncomingMessage, ServerResponse } from "node:http";
import type { Account } from "./agent.ts";
import type { ConferenceSpec, LeaveReason, ParticipantSpec } from "./conferences.ts";
import type { Control } from "./control.ts";
import { parseExactly, stringifyExactly } from "./exact-json.ts";
import type { FaultSpec } from "./faults.ts";

export const CONTROL_PATH = "/simulator";
const MOST_BODY = 1024 * 1024;

type Body = Readonly<Record<string, unknown>>;
type Action = (control: Control, ids: readonly string[], body: Body, query: URLSearchParams) => unknown;

/** Every command: what `--help` and `GET /simulator` list. `:x` stands for any text. */
const COMMANDS: readonly (readonly [method: string, path: string, help: string, action: Action])[] = [
  ["GET", "/state", "calls per interface, rotations, sign-ins, held polls, faults", (c) => c.state()],
  ["GET", "/violations", "what clients did wrong: counts and the last 100", (c) => c.violations()],
  ["DELETE", "/violations", "sets violations and counters to zero", (c) => c.clearCounters()],
  ["GET", "/settings", "every setting", (c) => c.settings()],
  ["PATCH", "/settings", "changes some: {latencyMs: 50}", (c, _, body) => c.configure(body)],
  [
    "GET",
    "/agents",
    "agents and their Guids (?signedIn=true&limit=100)",
    (c, _, __, query) =>
      c.agents({ signedIn: query.get("signedIn") === "true", limit: Number(query.get("limit") ?? 100) }),
  ],
  ["GET", "/agents/:id", "one agent", (c, [id = ""]) => c.agent(id)],
  [
    "PUT",
    "/agents/:id",
    "adds or changes an account: {password, vdnId, inspector, locked, unforceable, talking, …}",
    (c, [id = ""], body) => c.putAgent(id, account(body)),
  ],
  ["POST", "/agents/:id/sign-in", "signs it in as another client would", (c, [id = ""]) => c.signIn(id)],
  ["POST", "/agents/:id/rotate", "a new Guid now", (c, [id = ""]) => c.rotate(id)],
  ["POST", "/agents/:id/kick", "the platform signs it out", (c, [id = ""]) => c.kick(id)],
  ["POST", "/agents/:id/invalidate", "its Guid gets 000-003 from now on", (c, [id = ""]) => c.invalidate(id)],
  [
    "POST",
    "/agents/:id/events",
    "an event: {eventType, content}",
    (c, [id = ""], { eventType, content }) => c.sendEvent(id, text(eventType, "eventType"), content ?? null),
  ],
  ["POST", "/rotate", "a new Guid for everybody", (c) => c.rotate()],
  [
    "GET",
    "/conferences",
    "conferences (?vdnId=1)",
    (c, _, __, query) => c.conferences(query.has("vdnId") ? Number(query.get("vdnId")) : undefined),
  ],
  [
    "POST",
    "/conferences",
    "starts one: {id?, vdnId?, bookedMinutes?, participants?: [{address, kind?, …}]}",
    (c, _, body) => c.startConference(body as ConferenceSpec),
  ],
  ["DELETE", "/conferences", "removes all, silently", (c) => c.clearConferences()],
  ["GET", "/conferences/:id", "one conference", (c, [id = ""]) => c.conference(whole(id))],
  [
    "PATCH",
    "/conferences/:id",
    "{state: 0 | 1, bookedMinutes}",
    (c, [id = ""], body) => c.changeConference(whole(id), body),
  ],
  ["DELETE", "/conferences/:id", "ends it", (c, [id = ""]) => c.endConference(whole(id))],
  [
    "POST",
    "/conferences/:id/participants",
    "{address, kind?: agent | phone, chair?, audio?: 1-4, state?: 0-2}",
    (c, [id = ""], body) => c.join(whole(id), { ...body, address: text(body.address, "address") } as ParticipantSpec),
  ],
  [
    "PATCH",
    "/conferences/:id/participants/:address",
    "{audio?, state?, chair?: true}",
    (c, [id = "", address = ""], body) => c.changeParticipant(whole(id), address, body),
  ],
  [
    "DELETE",
    "/conferences/:id/participants/:address",
    "leaves (?reason=left | removed | hung-up | signed-out | other)",
    (c, [id = "", address = ""], _, query) =>
      c.leave(whole(id), address, (query.get("reason") ?? "left") as LeaveReason),
  ],
  ["GET", "/faults", "the rules, and how often each was played", (c) => c.faults()],
  ["POST", "/faults", "adds a rule: {kind, on, agentId?, times?, after?, …}", (c, _, body) => addFault(c, body)],
  ["DELETE", "/faults", "clears all", (c) => ({ cleared: c.clearFaults() })],
  ["DELETE", "/faults/:id", "clears one", (c, [id = ""]) => ({ cleared: c.clearFaults(id) })],
  ["POST", "/down", "cuts every connection and refuses new ones: {forMs}", (c, _, { forMs }) => goDown(c, forMs)],
  ["POST", "/up", "back before that time, by a control port of its own", (c) => c.up()],
  ["POST", "/reset", "everything as it was at the start", (c) => c.reset()],
];

export const COMMAND_HELP: readonly (readonly [command: string, help: string])[] = COMMANDS.map(
  ([method, path, help]) => [`${method} ${CONTROL_PATH}${path}`, help],
);

/** Answers 200 with JSON, or 204; 400, 404 and 405 with `{error}`. */
export async function serveControl(
  control: Control,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://simulator.invalid");
  const path = url.pathname.slice(CONTROL_PATH.length).replace(/\/$/, "");
  if (path === "") return reply(response, 200, Object.fromEntries(COMMAND_HELP));
  const there = COMMANDS.map((command) => ({ command, ids: match(command[1], path) })).filter(
    ({ ids }) => ids !== null,
  );
  const found = there.find(({ command }) => command[0] === request.method);
  if (found === undefined) {
    if (there.length === 0)
      return reply(response, 404, { error: `no command ${path}; GET ${CONTROL_PATH} lists them` });
    response.setHeader("Allow", there.map(({ command }) => command[0]).join(", "));
    return reply(response, 405, { error: `${path} has another method` });
  }
  try {
    const body = await readBody(request);
    const result = await found.command[3](control, found.ids ?? [], body, url.searchParams);
    if (result === undefined) response.writeHead(204).end();
    else reply(response, 200, result);
  } catch (error) {
    if (response.destroyed) return;
    const status = error instanceof RangeError ? 404 : 400;
    reply(response, status, { error: error instanceof Error ? error.message : String(error) });
  }
}

function match(pattern: string, path: string): string[] | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const ids: string[] = [];
  for (const [place, part] of wanted.entries()) {
    const actual = given[place] ?? "";
    if (part.startsWith(":")) ids.push(decodeURIComponent(actual));
    else if (part !== actual) return null;
  }
  return ids;
}

async function readBody(request: IncomingMessage): Promise<Body> {
  let body = "";
  request.setEncoding("utf8");
  for await (const chunk of request as AsyncIterable<string>) {
    body += chunk;
    if (body.length > MOST_BODY) throw new TypeError("body: too large");
  }
  if (body === "") return {};
  const parsed = parseExactly(body);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw new TypeError("body: an object");
  return parsed as Body;
}

const ACCOUNT_FIELDS: { readonly [Name in keyof Omit<Account, "agentId">]: string } = {
  password: "string",
  vdnId: "number",
  inspector: "boolean",
  locked: "boolean",
  unforceable: "boolean",
  passwordExpired: "boolean",
  mustChangePassword: "boolean",
  passwordDaysLeft: "number",
  talking: "boolean",
};

function account(body: Body): Partial<Account> {
  for (const [name, value] of Object.entries(body)) {
    const type = Object.hasOwn(ACCOUNT_FIELDS, name) ? ACCOUNT_FIELDS[name as keyof typeof ACCOUNT_FIELDS] : undefined;
    if (type === undefined) throw new TypeError(`${name}: no such field of an account`);
    if (typeof value === type || (name === "passwordDaysLeft" && value === null)) continue;
    throw new TypeError(`${name}: a ${type}`);
  }
  return body as Partial<Account>;
}

function addFault(control: Control, body: Body): unknown {
  const { id, spec, played } = control.addFault(body as unknown as FaultSpec);
  return { id, spec, played };
}

/** The answer to the command may go the way that is cut: it gets a moment. */
function goDown(control: Control, forMs: unknown): undefined {
  if (typeof forMs !== "number" || !(forMs > 0)) throw new TypeError("forMs: milliseconds");
  setTimeout(() => void control.down(forMs), 20);
}

function text(value: unknown, name: string): string {
  if (typeof value !== "string" || value === "") throw new TypeError(`${name}: a text`);
  return value;
}

function whole(id: string): bigint {
  if (!/^\d{1,19}$/.test(id)) throw new RangeError(`no conference ${id}`);
  return BigInt(id);
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  const json = `${stringifyExactly(body)}\n`;
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(json) });
  response.end(json);
}
