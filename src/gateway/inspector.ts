import { z } from "zod";
import type { Calls, Credential } from "./call.ts";
import { badResponse } from "./envelope.ts";
import type { CallOptions } from "./gateway.ts";
import { Fault, Refusal } from "./refusal.ts";

/** The vendor's own client reads the result as text. */
const answer = z.union([
  z.boolean(),
  z
    .string()
    .regex(/^(?:true|false)$/i)
    .transform((text) => text.toLowerCase() === "true"),
]);

/** How a servlet container answers for a path that it does not have. */
const absentStatuses: ReadonlySet<unknown> = new Set(["HTTP_404", "HTTP_405", "HTTP_500", "HTTP_501"]);
/** Wrong address, wrong method. */
const absentRetcodes: ReadonlySet<string> = new Set(["000-001", "000-002"]);

/**
 * `iscensor` is in the vendor's own client, not in the reference, and not on every site: `null` where it is absent, and
 * the first conference query tells.
 */
export async function isInspector(calls: Calls, credential: Credential, options: CallOptions): Promise<boolean | null> {
  try {
    return await calls.read(
      {
        operation: "is-inspector",
        method: "GET",
        path: `/agentgroup/${credential.agentId}/iscensor/`,
        parse: ({ result }) => parseInspector(result),
      },
      credential,
      options,
    );
  } catch (error) {
    if (isAbsence(error)) return null;
    throw error;
  }
}

function parseInspector(result: unknown): boolean {
  const parsed = answer.safeParse(result);
  if (!parsed.success) throw badResponse("IS_CENSOR");
  return parsed.data;
}

const isAbsence = (error: unknown): boolean =>
  (error instanceof Refusal && absentRetcodes.has(error.retcode)) ||
  (error instanceof Fault && absentStatuses.has(error.cause));
