import type { IncomingHttpHeaders } from "node:http";
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
import type { RequestLine } from "../http/log.ts";
import type { RequestTrace, RequestTraces } from "../http/traces.ts";
import type { Problem } from "../problems.ts";
import { parentOf } from "./parents.ts";

/** A span for each request, named as OpenTelemetry's conventions for HTTP servers have it: by method and route, never by path. */
export class RequestSpans implements RequestTraces {
  readonly #tracer: Tracer;

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  begin(method: string, headers: IncomingHttpHeaders): RequestTrace {
    // An instrumentation of node:http, where the operator has one, has read the headers and begun a span already.
    const outer = parentOf() === "none" ? propagation.extract(ROOT_CONTEXT, headers) : context.active();
    const attributes = { "http.request.method": method };
    return new RequestSpan(this.#tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, outer), outer);
  }
}

class RequestSpan implements RequestTrace {
  readonly traceId: string;
  readonly #span: Span;
  readonly #context: Context;

  constructor(span: Span, outer: Context) {
    this.#span = span;
    this.#context = trace.setSpan(outer, span);
    this.traceId = span.spanContext().traceId;
  }

  within(next: () => void): void {
    context.with(this.#context, next);
  }

  end({ requestId, method, route, status, agentId }: RequestLine, problem: Problem | undefined): void {
    const span = this.#span;
    if (span.isRecording()) {
      span.updateName(`${method} ${route}`);
      span.setAttributes({
        "http.route": route,
        "http.response.status_code": status,
        "conferences_bff.request_id": requestId,
        ...(agentId !== undefined && { "conferences_bff.agent_id": agentId }),
        ...(problem !== undefined && { "error.type": problem.code }),
      });
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
  }
}
