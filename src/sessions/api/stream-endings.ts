import { z } from "zod";
import type { EventDescription } from "../../http/operation.ts";
import { endReasons, endReasonWords } from "../model.ts";

/** As `session-ended` has it. */
const list = Object.entries(endReasons).map(([reason, meaning]) => `\`${reason}\` (${meaning})`);

export const endReasonSchema = z.enum(endReasonWords).meta({ description: list.join(", ") });

/** How any stream of a session may end, beside the client and the process. */
export const streamEndings: Readonly<Record<"session-ended" | "token-expired", EventDescription>> = {
  "session-ended": {
    description: "The session has ended, and the stream with it: there is nothing to come back to.",
    schema: z.object({ reason: endReasonSchema }),
    example: { reason: "signed-out" },
  },
  "token-expired": {
    description: "The token has reached its `exp`, and the stream ends: come back with a fresh one.",
    schema: z.object({}),
    example: {},
  },
};
