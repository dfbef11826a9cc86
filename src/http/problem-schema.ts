import { z } from "zod";
import { problemCodes } from "../problems.ts";

/** The body of a failure, RFC 9457, as clients may rely on it. */
export const problemSchema = z
  .object({
    type: z
      .string()
      .regex(/^(?:https?:\/\/.+)?\/problems\/[a-z-]+$/)
      .meta({ description: "Leads to the explanation" }),
    title: z.string().meta({ description: "What is wrong, the same for every problem of this code" }),
    status: z.int().meta({ description: "The HTTP status" }),
    detail: z.string().meta({ description: "What is wrong in this case" }),
    code: z.enum(problemCodes).meta({ description: "What to decide by" }),
    requestId: z.string().meta({ description: "For the operators: their log has more under it" }),
    retcode: z.string().optional().meta({ description: "The gateway's own code, where it gave one" }),
    check: z.string().optional().meta({ description: "Of `/readyz`: which check fails" }),
    outcome: z.enum(["unknown", "not-done"]).optional().meta({
      description: "Of a call that is sent once: `not-done`, or `unknown` where it may have been carried out",
    }),
    cause: z.int().optional().meta({ description: "The platform's own number for why it refused a conference" }),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: "Each mistake of the request by its path, as in `agentId` or `query.expand`" }),
  })
  .meta({ id: "Problem", description: "A failure, as in RFC 9457. Never holds a secret." });
