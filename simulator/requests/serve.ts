import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { checkContentType } from "../agents/authentication.ts";
import { spoil } from "../faults/spoiling.ts";
import type { Gateway } from "../gateway.ts";
import { type Answer, htmlPage } from "./answers.ts";
import { arrive, isSign, judgeRepetition } from "./arrival.ts";
import type { Call } from "./call.ts";
import { routeOf } from "./interfaces.ts";
import { perform } from "./perform.ts";

export const RESOURCE_PATH = "/agentgateway/resource";
const MOST_BODY = 1024 * 1024;

/** One request from arrival to answer: counted, judged, perhaps spoiled by a fault, answered. Never rejects. */
export async function serve(
  gateway: Gateway,
  request: IncomingMessage,
  response: ServerResponse,
  reset: (call: Call) => void,
): Promise<void> {
  const { settings, ledger } = gateway;
  const url = request.url ?? "";
  const [path = ""] = url.split("?", 1);
  const inside = path.startsWith(`${RESOURCE_PATH}/`) ? path.slice(RESOURCE_PATH.length + 1) : "";
  const route = inside === "" ? null : routeOf(request.method ?? "", url.slice(RESOURCE_PATH.length + 1));
  if (route === null) {
    ledger.record("unknownPath", null, `${request.method} ${path}`);
    return send(response, htmlPage(404, "Not Found"));
  }
  if ("allow" in route) {
    ledger.record("wrongMethod", null, `${request.method} ${path}`);
    const page = htmlPage(405, "Method Not Allowed");
    return send(response, { ...page, headers: { ...page.headers, Allow: route.allow } });
  }
  const agent = gateway.agents.get(route.agentId) ?? null;
  const fresh = { body: "", duringSignIn: false, gone: false, broken: false, over: () => {}, whenGone: null };
  const call: Call = { request, response, route, agent, arrivedAt: performance.now(), ...fresh };
  arrive(gateway, call);
  try {
    if (request.method === "PUT" || request.method === "POST") {
      const body = await readBody(request);
      if (body === null) return send(response, htmlPage(413, "Payload Too Large"));
      call.body = body;
    }
    const typed = checkContentType(call, ledger);
    judgeRepetition(call, ledger);
    if (settings.latencyMs > 0) await wait(settings.latencyMs);
    const answer = await answerOf(gateway, call, typed, `/${inside}`, reset);
    if (answer === null || call.gone) return;
    // Before the bytes: a client may have them, and act on them, before we hear that they went out.
    call.over();
    send(response, answer);
  } catch (error) {
    // A client may leave in the middle of its body; anything else is a defect of the simulator and must be seen.
    if (request.complete) console.error(error);
    response.destroy();
  } finally {
    // A sign-in whose client has left is over when the gateway is done with it, not before.
    if (isSign(call.route.name)) call.over();
  }
}

async function answerOf(
  gateway: Gateway,
  call: Call,
  typed: boolean,
  path: string,
  reset: (call: Call) => void,
): Promise<Answer | null> {
  const { settings, ledger, faults } = gateway;
  const work = () =>
    !typed && settings.strictHeaders ? htmlPage(415, "Unsupported Media Type") : perform(gateway, call);
  const fault = faults.take(call, path);
  if (fault === null) return work();
  ledger.counters.faultsPlayed += 1;
  return spoil(fault, call, work, settings, reset);
}

/** `null`: larger than anything the gateway takes. Rejects when the client leaves in the middle. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MOST_BODY) chunks.push(chunk);
  }
  return size > MOST_BODY ? null : Buffer.concat(chunks).toString("utf8");
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}
