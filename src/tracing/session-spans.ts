import {
  type Context,
  context,
  isSpanContextValid,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { AgentId } from "../gateway/index.ts";
import { Problem } from "../problems.ts";
import type { Followed, SessionTraces, TracedEvent } from "../sessions/index.ts";
import { only, parentOf } from "./parents.ts";

/** Spans for sign-ins and polls, and for each event that goes out on a stream, with a link to the poll that brought it. */
export class SessionSpans implements SessionTraces {
  readonly #tracer: Tracer;

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  async around<T>(what: Followed, agentId: AgentId, work: () => Promise<T>): Promise<T> {
    const outer = what === "poll" || parentOf() === "none" ? ROOT_CONTEXT : context.active();
    const attributes = { "conferences_bff.agent_id": agentId };
    const span = this.#tracer.startSpan(what, { kind: SpanKind.INTERNAL, attributes }, outer);
    try {
      return await context.with(what === "poll" ? only(span) : trace.setSpan(outer, span), work);
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  }

  here(): string | undefined {
    const here = trace.getSpanContext(context.active());
    if (here === undefined || !isSpanContextValid(here)) return undefined;
    return `00-${here.traceId}-${here.spanId}-${here.traceFlags.toString(16).padStart(2, "0")}`;
  }

  listener(): (event: TracedEvent) => void {
    const stream: Context = context.active();
    return ({ type, trace: poll }) => {
      if (parentOf(stream) !== "living") return;
      const from = poll === undefined ? null : parse(poll);
      const links: Link[] = from === null ? [] : [{ context: from }];
      const attributes = { "conferences_bff.event": type };
      this.#tracer.startSpan("event", { kind: SpanKind.CONSUMER, attributes, links }, stream).end();
    };
  }
}

/** The word for it alone: the message of a foreign error may quote what it was given. */
function fail(span: Span, error: unknown): void {
  span.setAttribute("error.type", error instanceof Problem ? error.code : "internal-error");
  if (!(error instanceof Problem) || error.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
}

/** What {@link SessionSpans.here} has written, on whichever instance. */
function parse(text: string): SpanContext | null {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}
