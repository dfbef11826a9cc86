import { setTimeout as wait } from "node:timers/promises";
import { type Answer, failure, htmlPage, json } from "./answers.ts";
import type { Call } from "./call.ts";
import type { Fault } from "./faults.ts";
import type { Settings } from "./settings.ts";

const HUGE_BYTES = 32 * 1024 * 1024;
const FILLER = "x".repeat(64 * 1024);
/** Valid JSON that no interface could mean. */
const WRONG_SHAPE = '{"message":{"text":"success"},"retcode":{"code":0},"event":7,"result":[[{"confIds":{"0":"x"}}]]}';
const ALMOST_JSON = '{"message":"success","retcode":"0","result":{"confIds":[355840,';

/** How a spoiled call is answered: by another answer, or by something that this file does to the socket itself. */
export type Spoiled = { readonly answer: Answer } | "done";

/**
 * Plays one fault. `real` is what the gateway would have answered, `null` when it did not get to work.
 * Ends when nothing more goes out to this call.
 */
export async function spoil(
  fault: Fault,
  call: Call,
  real: Answer | null,
  settings: Settings,
  reset: (call: Call) => void,
): Promise<Spoiled> {
  const { spec } = fault;
  const { response } = call;
  switch (spec.kind) {
    case "retcode":
      return { answer: failure(settings, spec.retcode ?? "000-000", spec.message) };
    case "status":
      return { answer: page(spec.status ?? 500, spec.body) };
    case "html":
      return { answer: page(200, spec.body) };
    case "empty":
      return { answer: { ...(real ?? json("")), body: "" } };
    case "redirect": {
      const location = spec.location ?? "https://elsewhere.invalid/agentgateway/resource";
      return { answer: { status: spec.status ?? 302, headers: { Location: location }, body: "" } };
    }
    case "shape":
      return { answer: { ...(real ?? json("")), body: spec.body ?? WRONG_SHAPE } };
    case "invalid-json":
      return { answer: { ...(real ?? json("")), body: spec.body ?? ALMOST_JSON } };
    case "headers":
      return { answer: withHeaders(real ?? json("{}"), spec.headers ?? {}) };
    case "delay":
      return { answer: real ?? json("{}") };
    case "reset":
      call.broken = true;
      reset(call);
      return "done";
    case "hang":
      await until(call, fault.cleared.signal);
      call.broken = !call.gone;
      response.destroy();
      return "done";
    case "drip":
      await drip(call, real ?? json("{}"), spec.chunk ?? 1, spec.everyMs ?? 100, fault.cleared.signal);
      return "done";
    case "cut": {
      const body = Buffer.from((real ?? json("{}")).body);
      call.broken = true;
      head(call, real ?? json("{}"), body.length);
      response.write(body.subarray(0, Math.min(spec.bytes ?? body.length >> 1, body.length - 1)), () =>
        response.destroy(),
      );
      await until(call, fault.cleared.signal);
      return "done";
    }
    case "huge":
      await huge(call, spec.bytes ?? HUGE_BYTES);
      return "done";
  }
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

function head(call: Call, answer: Answer, length: number): void {
  call.response.writeHead(answer.status, { ...answer.headers, "Content-Length": length });
}

/** Resolves when the client has left or the fault is cleared. */
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

async function drip(call: Call, answer: Answer, chunk: number, everyMs: number, cleared: AbortSignal): Promise<void> {
  const body = Buffer.from(answer.body);
  head(call, answer, body.length);
  call.response.flushHeaders();
  for (let sent = 0; sent < body.length && !call.gone && !cleared.aborted; sent += Math.max(1, chunk)) {
    await wait(everyMs);
    if (!call.gone) call.response.write(body.subarray(sent, sent + Math.max(1, chunk)));
  }
  if (call.gone) return;
  call.broken = cleared.aborted;
  if (cleared.aborted) call.response.destroy();
  else call.response.end();
}

async function huge(call: Call, bytes: number): Promise<void> {
  const { response } = call;
  const start = '{"message":"';
  const end = '","retcode":"0"}';
  head(call, json(""), Math.max(bytes, start.length + end.length));
  response.write(start);
  let left = bytes - start.length - end.length;
  while (left > 0 && !call.gone) {
    const goesOn = response.write(FILLER.slice(0, left));
    left -= FILLER.length;
    if (!goesOn && !call.gone) await drained(call);
  }
  if (!call.gone) response.end(end);
}

function drained(call: Call): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      call.response.off("drain", end);
      call.whenGone = null;
      resolve();
    };
    call.response.once("drain", end);
    call.whenGone = end;
  });
}
