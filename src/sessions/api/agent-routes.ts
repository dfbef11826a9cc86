import { z } from "zod";
import { sendJson } from "../../http/json-answer.ts";
import { type Operation, operation } from "../../http/operation.ts";
import type { Sessions } from "../sessions.ts";
import { agentId, shownAgentId } from "./agent-number.ts";
import { agentState, keepAlive } from "./described-model.ts";
import { nextPage, PAGE_LENGTH } from "./schemas.ts";

const listedAgentSchema = z
  .object({
    agentId: shownAgentId,
    keepAlive,
    state: agentState,
    lastPollAt: z.iso.datetime().nullable().meta({
      description:
        "When the gateway last answered an event poll of it, ISO 8601, UTC, of another instance's agents up to a third of a lease old; null: not yet, or it is never polled",
    }),
    heldBy: z.string().min(1).nullable().meta({ description: "The instance that polls it; null: none does" }),
    sessions: z.int().min(0).meta({ description: "How many app sessions it has" }),
  })
  .meta({ id: "ListedAgent" });

const agentPageSchema = z
  .object({
    agents: z.array(listedAgentSchema).max(PAGE_LENGTH),
    next: nextPage,
  })
  .meta({ id: "AgentPage" });

const example = {
  agents: [
    {
      agentId: "1201",
      keepAlive: "managed",
      state: "active",
      lastPollAt: "2026-09-21T14:13:20.000Z",
      heldBy: "Yh2kq0Zr1sQ",
      sessions: 2,
    },
  ],
  next: null,
};

/** `/agents`: who is signed in at the gateway, and who keeps it so. No answer holds a secret. */
export function agentOperations({ sessions, maxAgentId }: { sessions: Sessions; maxAgentId: number }): Operation[] {
  return [
    operation({
      method: "get",
      path: "/agents",
      id: "listAgents",
      summary: `The agents that are signed in, ${PAGE_LENGTH} a page: their last poll, and which instance holds them`,
      access: "service",
      query: z.object({
        after: agentId(maxAgentId).optional().meta({ description: "`next` of the page before" }),
      }),
      answers: { 200: { description: "A page", schema: agentPageSchema, example } },
      problems: ["session-store-unavailable"],
      async handle({ response, query }) {
        const { agents, next } = await sessions.agents(query.after, PAGE_LENGTH);
        const listed = agents.map(({ lastPollAt, ...agent }) => ({
          agentId: agent.agentId,
          keepAlive: agent.keepAlive,
          state: agent.state,
          lastPollAt: lastPollAt === null ? null : new Date(lastPollAt).toISOString(),
          heldBy: agent.heldBy,
          sessions: agent.sessions,
        }));
        sendJson(response, 200, { agents: listed, next });
      },
    }),
  ];
}
