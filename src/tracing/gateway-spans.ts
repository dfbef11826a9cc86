import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { CallName, CallTrace, ObservedCall } from "../gateway/index.ts";
import { parentOf } from "./parents.ts";

/** A span for each exchange with the gateway, its time in the queue included. A repeated read has two. */
export class GatewaySpans {
  readonly #tracer: Tracer;
  readonly #passedOn: boolean;

  /** @param passedOn whether a call carries the `traceparent` of its span */
  constructor(tracer: Tracer, passedOn: boolean) {
    this.#tracer = tracer;
    this.#passedOn = passedOn;
  }

  begin(operation: CallName): CallTrace {
    // What nobody's request or poll has asked for, a late sign-out for instance, is a trace of its own.
    const outer = parentOf() === "none" ? ROOT_CONTEXT : context.active();
    const attributes = { "conferences_bff.gateway.operation": operation };
    const span = this.#tracer.startSpan(`gateway ${operation}`, { kind: SpanKind.CLIENT, attributes }, outer);
    const headers = this.#passedOn ? traceFields(trace.setSpan(outer, span)) : undefined;
    return { headers, end: (call) => endWith(span, call) };
  }
}

function endWith(span: Span, { outcome, retcode, cause }: ObservedCall): void {
  if (span.isRecording()) {
    span.setAttribute("conferences_bff.gateway.outcome", outcome);
    if (retcode !== null) span.setAttribute("conferences_bff.gateway.retcode", retcode);
    if (cause !== null) span.setAttribute("error.type", cause);
    if (cause !== null) span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

/** The trace and nothing else: baggage may be of anybody, and is none of the gateway's business. */
function traceFields(of: Context): Readonly<Record<string, string>> {
  const all: Record<string, string> = {};
  propagation.inject(of, all);
  const { traceparent, tracestate } = all;
  return { ...(traceparent !== undefined && { traceparent }), ...(tracestate !== undefined && { tracestate }) };
}
