import type { IncomingHttpHeaders } from "node:http";
import type { Problem } from "../problems.ts";
import type { RequestLine } from "./log.ts";

/** Where a request's spans begin, if anybody follows requests. */
export interface RequestTraces {
  /** @param headers a `traceparent` of the client's own (W3C Trace Context) makes the request a part of its trace */
  begin(method: string, headers: IncomingHttpHeaders): RequestTrace;
}

/** One request on its way. */
export interface RequestTrace {
  /** 32 hexadecimal digits, for the log. */
  readonly traceId: string;
  /** Calls what comes next, so that all that is done for the request belongs to it. */
  within(next: () => void): void;
  /** Once, when its answer is complete or its client has left. */
  end(line: RequestLine, problem: Problem | undefined): void;
}
