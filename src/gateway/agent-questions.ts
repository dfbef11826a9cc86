import { z } from "zod";
import { booleanField, integerField } from "./answer.ts";
import type { Calls, Credential, Question } from "./call.ts";
import { badResponse, Fault, isAbsentInterface } from "./fault.ts";
import { type AgentStatus, agentStatuses, type CallOptions } from "./gateway.ts";
import { Refusal } from "./refusal.ts";

/** What is asked about the agent itself, of interfaces that not every site has. */

/** Wrong method, wrong address. */
const absentRetcodes: ReadonlySet<string> = new Set(["000-001", "000-002"]);

async function unlessAbsent<Answer>(
  calls: Calls,
  question: Omit<Question<Answer>, "method" | "optional">,
  credential: Credential,
  options: CallOptions,
): Promise<Answer | null> {
  try {
    return await calls.read({ ...question, method: "GET", optional: true }, credential, options);
  } catch (error) {
    if (error instanceof Refusal && absentRetcodes.has(error.retcode)) return null;
    if (error instanceof Fault && isAbsentInterface(error)) return null;
    throw error;
  }
}

/** `iscensor` is in the vendor's own client and not in the reference. Where it is absent, the first conference query tells. */
export function isInspector(calls: Calls, credential: Credential, options: CallOptions): Promise<boolean | null> {
  const path = `/agentgroup/${credential.agentId}/iscensor/`;
  const question = { operation: "is-inspector", path, parse: parseInspector } as const;
  return unlessAbsent(calls, question, credential, options);
}

/** The vendor's own client reads the result as text. */
function parseInspector({ result }: { readonly result: unknown }): boolean {
  const parsed = booleanField.safeParse(result);
  if (!parsed.success) throw badResponse("IS_CENSOR");
  return parsed.data;
}

/** Page 1222. */
export function agentStatus(calls: Calls, credential: Credential, options: CallOptions): Promise<AgentStatus | null> {
  const path = `/onlineagent/${credential.agentId}/agentstatus`;
  const question = { operation: "agent-status", path, parse: parseAgentStatus } as const;
  return unlessAbsent(calls, question, credential, options);
}

const states: Readonly<Record<number, AgentStatus["state"]>> = agentStatuses;

const statusFields = z.object({ agentState: integerField });

/** The reference's table says that the result is a list, its sample that it is an object. A success is one whatever it holds. */
function parseAgentStatus({ result }: { readonly result: unknown }): AgentStatus {
  const parsed = statusFields.safeParse(Array.isArray(result) ? result[0] : result);
  return { state: (parsed.success && states[parsed.data.agentState]) || "unknown" };
}
