import { z } from "zod";
import { Problem } from "../problems.ts";
import type { Ending } from "./ending.ts";
import { sendJson } from "./json-answer.ts";
import type { Metrics } from "./metrics.ts";
import { type Operation, operation } from "./operation.ts";

const healthSchema = z.object({ status: z.literal("ok").meta({ description: "`ok`: it is" }) }).meta({ id: "Health" });

/** Something without which the process cannot do its job. */
interface HealthCheck {
  /** As in the problem's `check`. */
  readonly name: string;
  /** Rejects with a problem while it fails. */
  check(): Promise<void>;
}

interface Deps {
  readonly checks: readonly HealthCheck[];
  readonly metrics: Metrics;
  readonly ending: Ending;
  /** False when metrics have a port of their own. */
  readonly servesMetrics: boolean;
}

/** What fails is named, so that an operator sees which. */
async function insist({ name, check }: HealthCheck): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { code, retryAfter } = error;
    throw new Problem(code, { retryAfter, members: { check: name }, cause: error });
  }
}

/** For the operator's machinery. Readiness never asks the gateway: its outage must not empty the fleet. */
export function healthOperations({ checks, metrics, ending, servesMetrics }: Deps): Operation[] {
  const operations = [
    operation({
      method: "get",
      path: "/livez",
      id: "livez",
      summary: "The process is alive",
      access: "anyone",
      answers: { 200: { description: "Alive", schema: healthSchema, example: { status: "ok" } } },
      problems: [],
      handle: ({ response }) => sendJson(response, 200, { status: "ok" }),
    }),
    operation({
      method: "get",
      path: "/readyz",
      id: "readyz",
      summary: "The process can do its job, and is not ending",
      access: "anyone",
      answers: { 200: { description: "Ready", schema: healthSchema, example: { status: "ok" } } },
      problems: ["session-store-unavailable", "keys-unavailable", "instance-ending"],
      async handle({ response }) {
        if (ending.announced) throw new Problem("instance-ending", { members: { check: "draining" } });
        for (const check of checks) await insist(check);
        sendJson(response, 200, { status: "ok" });
      },
    }),
  ];
  return servesMetrics ? [...operations, metricsOperation(metrics)] : operations;
}

/** On the service's own port, or on one for it alone. */
export const metricsOperation = (metrics: Metrics): Operation =>
  operation({
    method: "get",
    path: "/metrics",
    id: "metrics",
    summary: "Metrics in Prometheus' text format",
    access: "anyone",
    answers: { 200: { description: "The metrics", contentType: "text/plain" } },
    problems: [],
    async handle({ response }) {
      response.setHeader("Content-Type", metrics.registry.contentType);
      response.setHeader("Cache-Control", "no-store");
      response.end(await metrics.registry.metrics());
    },
  });
