import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { authenticate, checkContentType } from "../agents/authentication.ts";
import { farewell, poll, pollArrived, pollEnded } from "../agents/polling.ts";
import { agentStatus, signIn, signOut, updateGuid } from "../agents/signing.ts";
import { controlConference } from "../conferences/control.ts";
import { queryConfInfos, queryVdnConfId } from "../conferences/queries.ts";
import { spoil } from "../faults/spoiling.ts";
import type { Gateway } from "../gateway.ts";
import { CALL_OPERATIONS } from "../operations/call-operations.ts";
import { INSPECTION_OPERATIONS } from "../operations/inspection-operations.ts";
import { STATE_OPERATIONS } from "../operations/state-operations.ts";
import { type Answer, failure, htmlPage, success } from "./answers.ts";
import type { Call } from "./call.ts";
import { type InterfaceName, isSentOnce, routeOf, SIGN_INS, SIGN_OUTS } from "./interfaces.ts";
import type { Ledger } from "./ledger.ts";

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

function arrive(gateway: Gateway, call: Call): void {
  const { agent, route, response } = call;
  const { ledger, settings } = gateway;
  ledger.calls[route.name] += 1;
  const signs = isSign(route.name);
  if (agent !== null && route.name === "poll") pollArrived(agent, call, settings, ledger);
  if (agent !== null && signs) {
    const [open] = agent.openSigns;
    if (open !== undefined)
      ledger.record("overlappingSignIn", route.agentId, `${route.name} during ${open.route.name}`);
    call.duringSignIn = agent.openSigns.some((other) => SIGN_INS.has(other.route.name));
    agent.openSigns.push(call);
  }
  call.over = () => {
    call.over = () => {};
    if (agent !== null && route.name === "poll") pollEnded(agent, call, ledger);
    if (agent !== null && signs) agent.openSigns = agent.openSigns.filter((other) => other !== call);
  };
  response.on("close", () => {
    call.gone = !response.writableFinished;
    if (!signs) call.over();
    if (call.gone) call.whenGone?.();
  });
}

const REPEATED_WITHIN_MS = 2000;

/** What conferences and calls are told to do is sent once: nobody knows whether an unanswered call has worked. */
function judgeRepetition(call: Call, ledger: Ledger): void {
  const { agent, route, response } = call;
  if (agent === null || !isSentOnce(route.name)) return;
  const what = `${call.request.url} ${call.body}`;
  const { unanswered } = agent;
  const since = unanswered?.what === what ? call.arrivedAt - unanswered.at : Number.POSITIVE_INFINITY;
  if (since < REPEATED_WITHIN_MS)
    ledger.record("repeatedCall", route.agentId, `${route.name}, after ${Math.round(since)} ms`);
  response.on("close", () => {
    if (!response.writableFinished || call.broken) agent.unanswered = { what, at: performance.now() };
  });
}

const isSign = (name: InterfaceName): boolean => SIGN_INS.has(name) || SIGN_OUTS.has(name);

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

/** What the gateway itself does with a call. `null`: a held poll's client has left. */
function perform(gateway: Gateway, call: Call): Answer | Promise<Answer | null> | null {
  const { settings, sessions } = gateway;
  const { agent, route } = call;
  if (SIGN_INS.has(route.name)) return signIn(gateway, call);
  if (route.name === "iscensor" && !settings.iscensor) return htmlPage(404, "Not Found");
  if (agent !== null && route.name === "poll") {
    const last = farewell(gateway, call, agent);
    if (last !== null) return last;
  }
  const session = authenticate(call, settings, sessions, gateway.ledger);
  if (typeof session === "string" || agent === null) {
    const asked = route.name === "agentstatus" && settings.signedOutStatus === "state" && agent?.session === null;
    return asked ? agentStatus(gateway, agent, null) : failure(settings, session as string);
  }
  if (SIGN_OUTS.has(route.name)) return signOut(gateway, call, agent);
  // isForceChange: nothing works before the password is changed, which is not this program's business.
  if (agent.account.mustChangePassword) return failure(settings, "100-007");
  switch (route.name) {
    case "poll":
      return call.gone ? null : poll(gateway, call, agent, session);
    case "handshake":
      return success(settings, { message: "", headers: sessions.keptAlive(agent, session) });
    case "updateGuid":
      return updateGuid(gateway, agent, session);
    case "agentstatus":
      return agentStatus(gateway, agent, session);
    case "iscensor":
      return success(settings, { message: "", result: String(agent.account.inspector) });
    case "queryvdnconfid":
      return queryVdnConfId(gateway, agent);
    case "queryconfinfos":
      return queryConfInfos(gateway, call, agent);
  }
  const control = controlConference(gateway, call, agent);
  if (control !== null) return control;
  return OPERATIONS[route.name]?.(gateway, call, agent, session) ?? htmlPage(404, "Not Found");
}

const OPERATIONS = { ...STATE_OPERATIONS, ...CALL_OPERATIONS, ...INSPECTION_OPERATIONS };

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
