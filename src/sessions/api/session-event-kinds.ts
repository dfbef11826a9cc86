import { z } from "zod";
import { timeOf } from "../../http/described-values.ts";
import type { EventDescription } from "../../http/operation.ts";
import { conferenceEventKinds } from "./conference-event-kinds.ts";
import { agentState, endReason } from "./described-model.ts";
import { streamEndings } from "./stream-endings.ts";

/** What `GET /session/events` may carry, for the OpenAPI document. */
export const sessionEventKinds: Readonly<Record<string, EventDescription>> = {
  state: {
    description:
      "The session's own state: at once, then at every change. `unreachable`: the event polls fail since then, and nothing is lost yet. `expired`: the agent's app has to bind a new Guid.",
    schema: z
      .union([
        z.object({ state: agentState, since: timeOf("Since when it is so") }),
        z.object({
          state: z.literal("ended").meta({ description: "`ended`: the session is over, and the stream with it" }),
          reason: endReason,
        }),
      ])
      .meta({ id: "SessionState" }),
    example: { state: "active", since: "2026-09-21T14:13:20.000Z" },
  },
  ...conferenceEventKinds,
  "gateway-event": {
    description:
      "An event of the gateway, by its own name and with its own content. A client that comes back with the last `id` in `Last-Event-ID` gets what it missed, as far as it is kept.",
    schema: z
      .object({
        type: z
          .string()
          .min(1)
          .meta({ description: "The gateway's name for it", examples: ["AgentConf_SelfJoinResult"] }),
        at: timeOf("When this service received it"),
        content: z.unknown().meta({ description: "As the gateway gave it; integers past 2^53 as text" }),
      })
      .meta({ id: "GatewayEvent" }),
    example: { type: "AgentConf_SelfJoinResult", at: "2026-09-21T14:13:21.000Z", content: { confId: 1030400 } },
    id: "1795468400123-0",
  },
  alive: {
    description: "The stream is alive: at once, then every 5 s at least.",
    schema: z.object({ at: timeOf("When it was sent") }).meta({ id: "SessionStreamAlive" }),
    example: { at: "2026-09-21T14:13:20.000Z" },
  },
  ...streamEndings,
};
