import { z } from "zod";
import type { EventDescription } from "../../http/operation.ts";
import type { EndReason } from "../stores/port.ts";

/** Why a session ends, as `session-ended` has it. */
const reasons: Readonly<Record<EndReason, string>> = {
  "signed-out": "its user signed out",
  revoked: "a trusted backend revoked it",
  idle: "it was not used for too long",
  "too-old": "it reached its greatest age",
  replaced: "a trusted backend bound its name anew",
  "forced-out": "somebody else signed in as the agent by force",
  "session-expired": "the gateway no longer took its credential",
  "agent-not-signed-in": "the gateway signed the agent out",
};

const list = Object.entries(reasons).map(([reason, meaning]) => `\`${reason}\` (${meaning})`);

export const endReasonSchema = z.enum(Object.keys(reasons) as EndReason[]).meta({ description: list.join(", ") });

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
