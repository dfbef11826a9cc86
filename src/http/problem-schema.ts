import { z } from "zod";
import { catalogue, type ProblemCode, problemCodes } from "../problems.ts";
import { oneOf } from "./described-values.ts";
import { REQUEST_ID } from "./request-scope.ts";

/** Mistakes of one request that its answer names. */
export const MOST_ERRORS = 20;

const titles = Object.fromEntries(problemCodes.map((code) => [code, catalogue[code].title])) as Record<
  ProblemCode,
  string
>;

const checks = {
  "store-read": "sessions cannot be read",
  "store-write": "sessions cannot be written",
  "keep-alive": "agents are not kept signed in",
  keys: "no key of the apps' issuer could be fetched yet",
  draining: "this instance is ending",
};

/** A code of the gateway's, as it is told. */
export const retcode = z.string().regex(/^[A-Za-z0-9._-]{1,32}$/);

/** The body of a failure, RFC 9457, as clients may rely on it. */
export const problemSchema = z
  .object({
    type: z
      .string()
      .regex(/^(?:https?:\/\/.+)?\/problems\/[a-z-]+$/)
      .meta({ description: "Leads to the explanation" }),
    title: z.string().min(1).meta({ description: "What is wrong, the same for every problem of this code" }),
    status: z.int().min(400).max(599).meta({ description: "The HTTP status" }),
    detail: z.string().min(1).meta({ description: "What is wrong in this case" }),
    code: oneOf(titles, "What to decide by"),
    requestId: z.string().regex(REQUEST_ID).meta({ description: "For the operators: their log has more under it" }),
    retcode: retcode
      .optional()
      .meta({ description: "The gateway's own code, where it gave one", examples: ["100-010"] }),
    check: oneOf(checks, "Of `/readyz`, which check fails").optional(),
    outcome: oneOf(
      {
        "not-done": "nothing has been changed",
        unknown: "it may have been carried out: look before it is repeated",
      },
      "Of a call that changes something and is sent once",
    ).optional(),
    cause: z.int().optional().meta({ description: "The platform's own number for why it refused a conference" }),
    errors: z
      .array(
        z.object({
          path: z
            .string()
            .meta({ description: "Where it is; empty where it is the whole", examples: ["agentId", "query.expand"] }),
          message: z.string().min(1).meta({ description: "What is wrong; never holds the value" }),
        }),
      )
      .max(MOST_ERRORS)
      .optional()
      .meta({ description: "Each mistake of the request by its path, as in `agentId` or `query.expand`" }),
  })
  .meta({ id: "Problem", description: "A failure, as in RFC 9457. Never holds a secret." });
