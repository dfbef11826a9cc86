import { setTimeout as wait } from "node:timers/promises";
import { type Answer, failure, htmlPage, json } from "../requests/answers.ts";
import type { Call } from "../requests/call.ts";
import type { Settings } from "../settings.ts";
import { compressed, cut, drip, huge } from "./broken-bodies.ts";
import { type Fault, worksFirst } from "./faults.ts";

const HUGE_BYTES = 32 * 1024 * 1024;
/** Valid JSON that no interface could mean. */
const WRONG_SHAPE = '{"message":{"text":"success"},"retcode":{"code":0},"event":7,"result":[[{"confIds":{"0":"x"}}]]}';
const ALMOST_JSON = '{"message":"success","retcode":"0","result":{"confIds":[355840,';

/** What the gateway would have answered; `null` when there is nobody to answer any more. */
type Work = () => Answer | null | Promise<Answer | null>;

/**
 * Plays one fault. Resolves to the answer that goes out, or to `null` when nothing more does: the fault did something
 * to the socket itself, or the client has left.
 */
export async function spoil(
  fault: Fault,
  call: Call,
  work: Work,
  settings: Settings,
  reset: (call: Call) => void,
): Promise<Answer | null> {
  const { spec } = fault;
  let real: Answer | null = null;
  if (worksFirst(spec)) {
    real = await work();
    if (real === null) return null;
  }
  if (spec.delayMs) await wait(spec.delayMs);
  // These two only take long: the gateway has the call, and does its work whether the client is still there or not.
  if (spec.kind === "hold") await gone(fault.cleared.signal);
  if (spec.kind === "hold" || spec.kind === "delay") return real ?? work();
  if (call.gone) return null;
  return spoiled(fault, call, real, settings, reset);
}

async function spoiled(
  { spec, cleared }: Fault,
  call: Call,
  real: Answer | null,
  settings: Settings,
  reset: (call: Call) => void,
): Promise<Answer | null> {
  const { response } = call;
  const answer = real ?? json("{}");
  switch (spec.kind) {
    case "retcode":
      return failure(settings, spec.retcode ?? "000-000", spec.message);
    case "status":
      return page(spec.status ?? 500, spec.body);
    case "html":
      return page(200, spec.body);
    case "empty":
      return { ...answer, body: "" };
    case "redirect": {
      const location = spec.location ?? "https://elsewhere.invalid/agentgateway/resource";
      return { status: spec.status ?? 302, headers: { Location: location }, body: "" };
    }
    case "shape":
      return { ...answer, body: spec.body ?? WRONG_SHAPE };
    case "invalid-json":
      return { ...answer, body: spec.body ?? ALMOST_JSON };
    case "headers":
      return withHeaders(answer, spec.headers ?? {});
    case "interim":
      if (spec.status === 102) response.writeProcessing();
      else if (spec.status === 103) response.writeEarlyHints({ link: "</x>; rel=preload" });
      else response.writeContinue();
      return answer;
    case "compressed":
      compressed(call, answer, spec.encoding ?? "gzip");
      return null;
    case "reset":
      call.broken = true;
      reset(call);
      return null;
    case "hang":
      await until(call, cleared.signal);
      call.broken = !call.gone;
      response.destroy();
      return null;
    case "drip":
      await drip(call, answer, spec.chunk ?? 1, spec.everyMs ?? 100, cleared.signal);
      return null;
    case "cut":
      call.broken = true;
      cut(call, answer, spec.bytes);
      await until(call, cleared.signal);
      return null;
    case "huge":
      await huge(call, spec.bytes ?? HUGE_BYTES, spec.encoding);
      return null;
  }
  return answer;
}

function page(status: number, body: string | undefined): Answer {
  const html = htmlPage(status, status === 200 ? "Agent gateway" : "The gateway is out of order");
  return body === undefined ? html : { ...html, body };
}

function withHeaders(answer: Answer, changes: Readonly<Record<string, string | null>>): Answer {
  const changed = new Set(Object.keys(changes).map((name) => name.toLowerCase()));
  const kept = Object.entries(answer.headers).filter(([name]) => !changed.has(name.toLowerCase()));
  const set = Object.entries(changes).filter((entry): entry is [string, string] => entry[1] !== null);
  return { ...answer, headers: Object.fromEntries([...kept, ...set]) };
}

function gone(cleared: AbortSignal): Promise<void> {
  if (cleared.aborted) return Promise.resolve();
  return new Promise((resolve) => cleared.addEventListener("abort", () => resolve(), { once: true }));
}

/** Resolves when the client has left or the rule is gone. */
function until(call: Call, cleared: AbortSignal): Promise<void> {
  if (call.gone || cleared.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      cleared.removeEventListener("abort", end);
      call.whenGone = null;
      resolve();
    };
    cleared.addEventListener("abort", end);
    call.whenGone = end;
  });
}
