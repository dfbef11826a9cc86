import { pollArrived, pollEnded } from "../agents/polling.ts";
import type { Gateway } from "../gateway.ts";
import type { Call } from "./call.ts";
import { type InterfaceName, isSentOnce, SIGN_INS, SIGN_OUTS } from "./interfaces.ts";
import type { Ledger } from "./ledger.ts";

export const isSign = (name: InterfaceName): boolean => SIGN_INS.has(name) || SIGN_OUTS.has(name);

/** Counts a call, judges the moment at which it comes, and keeps it on the lists of what is open until it is over. */
export function arrive(gateway: Gateway, call: Call): void {
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

/**
 * Once its body is there. What conferences and calls are told to do is sent once: nobody knows whether a call without
 * an answer has worked.
 */
export function judgeRepetition(call: Call, ledger: Ledger): void {
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
