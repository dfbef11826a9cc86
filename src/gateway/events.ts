import { z } from "zod";
import { isNothing } from "./answer.ts";
import type { Calls, Credential } from "./call.ts";
import { badResponse } from "./fault.ts";
import type { GatewayEvent, PollOptions } from "./gateway.ts";

const MAX_DEPTH = 32;

/** A shorter one may well be found by chance. The gateway's own have 36 characters and a suffix. */
const SHORTEST_TOLD_APART = 16;

const gatewayEvent = z.object({
  eventType: z.string().regex(/^[A-Za-z0-9_.-]{1,128}$/),
  content: z.unknown().optional(),
});

/** Page 1274. Without an event the answer has no `event` at all. */
export async function pollEvent(
  calls: Calls,
  credential: Credential,
  options: PollOptions,
  now: number,
): Promise<GatewayEvent | null> {
  const sent = credential.guid;
  return calls.poll(
    {
      operation: "poll-event",
      method: "GET",
      path: `/agentevent/${credential.agentId}`,
      parse: ({ event }) => withoutGuid(parseEvent(event), [sent, credential.guid]),
    },
    credential,
    { ...options, deadline: now + options.timeoutMs },
  );
}

function parseEvent(event: unknown): GatewayEvent | null {
  if (isNothing(event)) return null;
  const parsed = gatewayEvent.safeParse(event);
  if (!parsed.success) throw badResponse("EVENT");
  const content = parsed.data.content ?? null;
  if (isDeeper(content, MAX_DEPTH)) throw badResponse("EVENT_DEPTH");
  return { type: parsed.data.eventType, content };
}

/** The content goes on to browsers: a gateway, or a proxy before it, that mirrors its caller must not hand them the Guid. */
function withoutGuid(event: GatewayEvent | null, guids: readonly (string | null)[]): GatewayEvent | null {
  const known = guids.filter((guid) => guid !== null && guid.length >= SHORTEST_TOLD_APART) as string[];
  if (event === null || known.length === 0) return event;
  const text = JSON.stringify(event);
  if (known.some((guid) => text.includes(guid))) throw badResponse("EVENT_WITH_GUID");
  return event;
}

/** The content goes on as it is: what is written out by recursion later must not be able to exhaust the stack there. */
function isDeeper(value: unknown, limit: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return limit === 0 || Object.values(value).some((inner) => isDeeper(inner, limit - 1));
}
