import type { Calls, Credential, Question } from "./call.ts";
import { badResponse } from "./fault.ts";
import type { AgentCall, CallOptions } from "./gateway.ts";

/**
 * One of the agent's other operations, from the table of the configuration. What changes something is sent once, and a
 * failure says whether it may have been carried out.
 */
export function agentOperation(
  calls: Calls,
  { family, method, path, query, body, read }: AgentCall,
  credential: Credential,
  options: CallOptions,
): Promise<string> {
  const words = [family, credential.agentId, ...path].map(pathWord);
  const pairs = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  const question: Question<string> = {
    operation: "agent-operation",
    method,
    path: `/${words.join("/")}${pairs.length === 0 ? "" : `?${pairs.join("&")}`}`,
    ...(body !== null && { body: JSON.stringify(body) }),
    parse: ({ result }) => resultText(result),
  };
  return read ? calls.read(question, credential, options) : calls.change(question, credential, options);
}

/** Dots would be resolved by whoever is on the way, and reach another interface. */
function pathWord(word: string): string {
  if (/^\.*$/.test(word)) throw new TypeError("a word of the path is empty or dots");
  return encodeURIComponent(word);
}

/** As the gateway gave it: its long ids are text by now. Without a result it is `null`. */
function resultText(result: unknown): string {
  try {
    return JSON.stringify(result ?? null);
  } catch {
    throw badResponse("TOO_DEEP");
  }
}
