import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";

/** What an operator's `--import` does, with an exporter that keeps the spans here. */
export class RecordedSpans {
  readonly #exporter = new InMemorySpanExporter();

  begin(): void {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(this.#exporter)] }),
    );
  }

  end(): void {
    trace.disable();
    propagation.disable();
    context.disable();
  }

  forget(): void {
    this.#exporter.reset();
  }

  get all(): readonly ReadableSpan[] {
    return this.#exporter.getFinishedSpans();
  }

  of(traceId: string): readonly ReadableSpan[] {
    return this.all.filter((span) => span.spanContext().traceId === traceId);
  }
}

/** Each span of a trace under its parent, as `parent > child > …`: whatever is not connected begins with `?`. */
export function paths(spans: readonly ReadableSpan[], outermost: string): string[] {
  const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]));
  const pathOf = (span: ReadableSpan): string => {
    const { parentSpanContext: parent, name } = span;
    if (parent === undefined || parent.spanId === outermost) return name;
    const above = byId.get(parent.spanId);
    return `${above === undefined ? "?" : pathOf(above)} > ${name}`;
  };
  return [...new Set(spans.map(pathOf))].sort();
}
