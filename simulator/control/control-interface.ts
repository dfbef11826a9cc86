import type { IncomingMessage, ServerResponse } from "node:http";
import { parseExactly, stringifyExactly } from "../exact-json.ts";
import { COMMANDS } from "./commands.ts";
import type { Control } from "./control.ts";

export const CONTROL_PATH = "/simulator";
const MOST_BODY = 1024 * 1024;

export const COMMAND_HELP: readonly (readonly [command: string, help: string])[] = COMMANDS.map(
  ({ method, path, help }) => [`${method} ${CONTROL_PATH}${path}`, help],
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
  const there = COMMANDS.map((command) => ({ command, ids: match(command.path, path) })).filter(
    ({ ids }) => ids !== null,
  );
  const found = there.find(({ command }) => command.method === request.method);
  if (found === undefined) {
    if (there.length === 0)
      return reply(response, 404, { error: `no command ${path}; GET ${CONTROL_PATH} lists them` });
    response.setHeader("Allow", there.map(({ command }) => command.method).join(", "));
    return reply(response, 405, { error: `${path} has another method` });
  }
  try {
    const body = await readBody(request);
    const result = await found.command.run(control, found.ids ?? [], body, url.searchParams);
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

async function readBody(request: IncomingMessage): Promise<unknown> {
  let body = "";
  request.setEncoding("utf8");
  for await (const chunk of request as AsyncIterable<string>) {
    body += chunk;
    if (body.length > MOST_BODY) throw new TypeError("body: too large");
  }
  return body === "" ? {} : parseExactly(body);
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  const json = `${stringifyExactly(body)}\n`;
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(json) });
  response.end(json);
}
