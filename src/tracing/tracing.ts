import { type ProxyTracerProvider, type Tracer, type TracerProvider, trace } from "@opentelemetry/api";
import about from "../../package.json" with { type: "json" };
import type { GatewaySpans } from "./gateway-spans.ts";
import type { RequestSpans } from "./request-spans.ts";
import type { SessionSpans } from "./session-spans.ts";
import type { StoreSpans } from "./store-spans.ts";

/** What each room hooks in. */
interface Tracing {
  readonly requests: RequestSpans;
  readonly gateway: GatewaySpans;
  readonly store: StoreSpans;
  readonly sessions: SessionSpans;
}

interface TracingOptions {
  /** Whether calls to the gateway carry the `traceparent` of their span. */
  readonly toGateway: boolean;
}

/**
 * Spans of OpenTelemetry, where its SDK was loaded before this program (`--import`) and switched on by its `OTEL_*`
 * variables. Decided once, at the start: null where there is none, and then nobody calls into this room at all.
 */
export async function openTracing({ toGateway }: TracingOptions): Promise<Tracing | null> {
  const tracer = tracerOf(trace.getTracerProvider());
  if (tracer === null) return null;
  const [{ RequestSpans }, { GatewaySpans }, { StoreSpans }, { SessionSpans }] = await Promise.all([
    import("./request-spans.ts"),
    import("./gateway-spans.ts"),
    import("./store-spans.ts"),
    import("./session-spans.ts"),
  ]);
  return {
    requests: new RequestSpans(tracer),
    gateway: new GatewaySpans(tracer, toGateway),
    store: new StoreSpans(tracer),
    sessions: new SessionSpans(tracer),
  };
}

/** The API's own provider stands for whatever is set behind it, and has no tracer while that is nothing. */
function tracerOf(provider: TracerProvider | ProxyTracerProvider): Tracer | null {
  const { name, version } = about;
  if (!("getDelegateTracer" in provider)) return provider.getTracer(name, version);
  return provider.getDelegateTracer(name, version) ?? null;
}
