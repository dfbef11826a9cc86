import * as z from "zod";
import type { AgentId } from "../gateway/index.ts";
import { sendJsonText } from "../http/json-answer.ts";
import { type Operation, type OperationInput, operation } from "../http/operation.ts";
import { leavingSignal } from "../http/request-scope.ts";
import { Problem, type ProblemCode } from "../problems.ts";
import { boundCallProblems, boundForChange, boundSession } from "../sessions/api/index.ts";
import type { Sessions } from "../sessions/index.ts";
import { auditedOf, bodyOf, callOf, type FieldValues } from "./fields.ts";
import { INSPECTION } from "./interface-path.ts";
import type { AgentOperationLog } from "./log.ts";
import type { AgentOperationRow } from "./row.ts";

const problems: readonly ProblemCode[] = [...boundCallProblems, "agent-busy", "operation-refused"];

const resultSchema = z
  .object({ result: z.unknown().meta({ description: "The gateway's own, its long ids as text; null without one" }) })
  .meta({ id: "AgentOperationResult" });

interface Deps {
  readonly served: ReadonlyMap<string, AgentOperationRow>;
  readonly sessions: Sessions;
  readonly log: AgentOperationLog;
  readonly maxAgentId: number;
  readonly gatewayTimeoutMs: number;
}

/** `POST /agent/{operation}`: a route for each row that is served, and none for the others. */
export function rowOperations({ served, ...deps }: Deps): Operation[] {
  return [...served].map(([name, row]) =>
    operation({
      method: "post",
      path: `/agent/${name}`,
      id: `agent${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      summary: row.meaning,
      description: descriptionOf(row),
      access: "session",
      body: bodyOf(row, deps.maxAgentId),
      bodyExample: exampleOf(row),
      answers: {
        200: { description: "The gateway has taken it", schema: resultSchema, example: { result: {} } },
      },
      problems,
      handle: (input) => operate(name, row, input, deps),
    }),
  );
}

async function operate(
  name: string,
  row: AgentOperationRow,
  { request, response, claims, body, actor }: OperationInput<unknown, unknown, FieldValues>,
  { sessions, log, gatewayTimeoutMs }: Omit<Deps, "served">,
): Promise<void> {
  const bound = await (row.read ? boundSession : boundForChange)(sessions, request, claims);
  const { agentId } = bound.agent;
  if (row.family.toLowerCase() === INSPECTION) refuseOneself(body, agentId);
  const limits = {
    deadline: sessions.clock.monotonic() + gatewayTimeoutMs,
    ...(row.read && { signal: leavingSignal(request, response) }),
  };
  const line = { operation: name, agentId, fields: auditedOf(row, body) };
  try {
    const result = await sessions.gatewayFor(bound).agentOperation(callOf(row, body), limits);
    if (!row.read) log.agentOperation({ ...line, outcome: "done", retcode: undefined }, actor);
    // The result is JSON already, exact to the digit.
    sendJsonText(response, 200, `{"result":${result}}`);
  } catch (error) {
    if (!row.read) {
      const { members, retcode } = error instanceof Problem ? error : new Problem("internal-error");
      log.agentOperation({ ...line, outcome: members?.outcome ?? "unknown", retcode }, actor);
    }
    throw error;
  }
}

/** An inspector's word is about others: `forcelogout` of oneself would be a sign-out that the session knows nothing of. */
function refuseOneself(values: FieldValues, agentId: AgentId): void {
  const errors = Object.entries(values)
    .filter(([, value]) => String(value) === agentId)
    .map(([path]) => ({ path, message: "must be another agent" }));
  if (errors.length > 0) throw new Problem("invalid-request", { errors });
}

function descriptionOf({ family, method, path, page, read }: AgentOperationRow): string {
  const times = read
    ? "It changes nothing, and may be asked again."
    : "Sent once, whatever happens: a problem's `outcome` says whether it may have been carried out.";
  const place = page === "–" ? "" : `, page ${page} of its reference`;
  return `The gateway's \`${method} /${family}/{agentid}/${path}\`${place}. ${times}`;
}

/** Of each required field, so that trying it out begins with something. */
function exampleOf({ fields }: AgentOperationRow): Readonly<Record<string, unknown>> {
  const required = Object.entries(fields).filter(([, field]) => field.required);
  return Object.fromEntries(required.map(([name, field]) => [name, sampleOf(field)]));
}

function sampleOf(field: AgentOperationRow["fields"][string]): string | number | boolean {
  switch (field.type) {
    case "integer":
      return field.minimum;
    case "boolean":
      return true;
    case "agent":
      return "1202";
    case "string":
      return field.pattern === undefined ? "true" : "70005";
  }
}
