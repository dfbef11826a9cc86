import { context, SpanKind, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import { parentOf } from "./parents.ts";

/**
 * A span for each call that goes to the store on behalf of a request, a poll or a sign-in. What the instance does for
 * itself, leases and rounds, is measured and not traced.
 */
export class StoreSpans {
  readonly #tracer: Tracer;

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  readonly follow = (operation: string, call: () => unknown): unknown => {
    if (parentOf() !== "living") return call();
    const attributes = { "db.operation.name": operation };
    const span = this.#tracer.startSpan(`store ${operation}`, { kind: SpanKind.CLIENT, attributes }, context.active());
    const over = (failed: boolean): void => {
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    };
    const answer = call();
    if (answer instanceof Promise) {
      answer.then(
        () => over(false),
        () => over(true),
      );
    } else over(false);
    return answer;
  };
}
