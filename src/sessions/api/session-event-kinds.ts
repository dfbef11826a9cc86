import { z } from "zod";
import type { EventDescription } from "../../http/operation.ts";
import { agentStates } from "../model.ts";
import { endReasonSchema, streamEndings } from "./stream-endings.ts";

const time = z.iso.datetime().meta({ description: "ISO 8601, UTC" });

/** What `GET /session/events` may carry, for the OpenAPI document. */
export const sessionEventKinds: Readonly<Record<string, EventDescription>> = {
  state: {
    description:
      "The session's own state: at once, then at every change. `unreachable`: the event polls fail since then, and nothing is lost yet. `expired`: the agent's app has to bind a new Guid.",
    schema: z.union([
      z.object({ state: z.enum(agentStates), since: time }),
      z.object({ state: z.literal("ended"), reason: endReasonSchema }),
    ]),
    example: { state: "active", since: "2026-09-21T14:13:20.000Z" },
  },
  "gateway-event": {
    description:
      "An event of the gateway, by its own name and with its own content. A client that comes back with the last `id` in `Last-Event-ID` gets what it missed, as far as it is kept.",
    schema: z.object({
      type: z.string().meta({ examples: ["AgentConf_SelfJoinResult"] }),
      at: z.iso.datetime().meta({ description: "When this service received it. ISO 8601, UTC" }),
      content: z.unknown().meta({ description: "As the gateway gave it; integers past 2^53 as text" }),
    }),
    example: { type: "AgentConf_SelfJoinResult", at: "2026-09-21T14:13:21.000Z", content: { confId: 1030400 } },
    id: "1795468400123-0",
  },
  alive: {
    description: "The stream is alive: at once, then every 5 s at least.",
    schema: z.object({ at: time.meta({ description: "When it was sent. ISO 8601, UTC" }) }),
    example: { at: "2026-09-21T14:13:20.000Z" },
  },
  ...streamEndings,
};
