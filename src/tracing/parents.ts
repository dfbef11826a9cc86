import {
  type Context,
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  TraceFlags,
  trace,
} from "@opentelemetry/api";

/**
 * Where a span that begins now belongs. Work outlives what has begun it (a poller the sign-in, a timer its request): under
 * a span that is over nothing begins, or one trace would go on for as long as the process.
 */
type Parent =
  /** Under a span that is under way. */
  | "living"
  /** Under nothing: there is none, or it is over. */
  | "none"
  /** Of a trace that nobody records: nothing of it is recorded. */
  | "unrecorded";

export function parentOf(active: Context = context.active()): Parent {
  const span = trace.getSpan(active);
  if (span === undefined || !isSpanContextValid(span.spanContext())) return "none";
  if (span.isRecording()) return "living";
  return (span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0 ? "unrecorded" : "none";
}

/** A context with the span alone. */
export const only = (span: Span): Context => trace.setSpan(ROOT_CONTEXT, span);
