import type { Settings } from "../settings.ts";
import { messageOf } from "./retcodes.ts";

/** One HTTP answer of the gateway, before a fault may spoil it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string;
}

export const JSON_TYPE = "application/json; charset=UTF-8";

const NO_HEADERS = {};

interface Success {
  /** The message that the documentation shows for this interface. */
  readonly message: "" | "success";
  /** JSON text; left out: no `result`. */
  readonly result?: string | undefined;
  /** JSON text of an event. */
  readonly event?: string | undefined;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

/**
 * A success. Documented samples put `result` first on some pages and last on others; nobody may depend on the order.
 */
export function success(settings: Settings, { message, result, event, headers }: Success): Answer {
  const text =
    settings.successMessage === "documented"
      ? message
      : settings.successMessage === "empty"
        ? ""
        : settings.successMessage;
  let body = `{"message":"${text}","retcode":${settings.numericRetcode ? "0" : '"0"'}`;
  if (event !== undefined) body += `,"event":${event}`;
  if (result !== undefined) body += `,"result":${result}`;
  if (settings.unknownFields) body += `,"traceId":"7f3a","costTime":{"total":1}`;
  return json(`${body}}`, headers);
}

/** The success of most interfaces that change something. */
export const done = (settings: Settings): Answer => success(settings, { message: "success", result: "{}" });

/** A failure: HTTP 200 all the same, as every known client of the gateway expects. */
export function failure(
  settings: Settings,
  retcode: string,
  message = messageOf(retcode),
  /** JSON text, where an interface has something to say about its failure. */
  result?: string,
): Answer {
  let body = `{"message":${JSON.stringify(message)},"retcode":"${retcode}"`;
  if (result !== undefined) body += `,"result":${result}`;
  else if (settings.failureResult !== "missing") body += `,"result":${FAILURE_RESULTS[settings.failureResult]}`;
  if (settings.unknownFields) body += `,"traceId":"7f3a"`;
  return json(`${body}}`);
}

const FAILURE_RESULTS = { "empty-text": '""', null: "null", object: "{}" } as const;

export function json(body: string, headers: Answer["headers"] = NO_HEADERS): Answer {
  return { status: 200, headers: { "Content-Type": JSON_TYPE, ...headers }, body };
}

/** What the servlet container below the gateway answers by itself: an HTML page. */
export function htmlPage(status: number, title: string): Answer {
  return {
    status,
    headers: { "Content-Type": "text/html;charset=utf-8" },
    body: `<!doctype html><html lang="en"><head><title>HTTP Status ${status}</title></head><body><h1>${title}</h1></body></html>`,
  };
}
