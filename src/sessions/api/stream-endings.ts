import { z } from "zod";
import type { EventDescription } from "../../http/operation.ts";
import { endReasons, endReasonWords } from "../model.ts";

/** As `session-ended` has it. */
const list = Object.entries(endReasons).map(([reason, meaning]) => `\`${reason}\` (${meaning})`);

export const endReasonSchema = z.enum(endReasonWords).meta({ description: list.join(", ") });

type Ending = "session-ended" | "token-expired" | "replaced" | "instance-ending";

/** How any stream of a session may end, if its client does not leave. */
export const streamEndings: Readonly<Record<Ending, EventDescription>> = {
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
  replaced: {
    description:
      "The session has opened more than 32 streams, and this was its oldest. Its `retry` is ten minutes: do not come back by yourself, or the streams push each other out for ever.",
    schema: z.object({}),
    example: {},
  },
  "instance-ending": {
    description: "This instance of the service ends: come back after `retry`, another one answers.",
    schema: z.object({}),
    example: {},
  },
};
