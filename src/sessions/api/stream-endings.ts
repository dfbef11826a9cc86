import { z } from "zod";
import type { EventDescription } from "../../http/operation.ts";
import { endReason } from "./described-model.ts";

/** What a stream says before its end, where there is no more to it. */
const nothing = z.object({}).meta({ id: "StreamEnd", description: "The event's name says it all." });

type Ending = "session-ended" | "token-expired" | "replaced" | "instance-ending";

/** How any stream of a session may end, if its client does not leave. */
export const streamEndings: Readonly<Record<Ending, EventDescription>> = {
  "session-ended": {
    description: "The session has ended, and the stream with it: there is nothing to come back to.",
    schema: z.object({ reason: endReason }).meta({ id: "SessionEnded" }),
    example: { reason: "signed-out" },
  },
  "token-expired": {
    description: "The token has reached its `exp`, and the stream ends: come back with a fresh one.",
    schema: nothing,
    example: {},
  },
  replaced: {
    description:
      "The session has opened more than 32 streams, and this was its oldest. Its `retry` is ten minutes: do not come back by yourself, or the streams push each other out for ever.",
    schema: nothing,
    example: {},
  },
  "instance-ending": {
    description: "This instance of the service ends: come back after `retry`, another one answers.",
    schema: nothing,
    example: {},
  },
};
