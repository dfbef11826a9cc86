import { z } from "zod";
import type { AgentId } from "../../../gateway/identifiers.ts";
import { issuers } from "../../../tokens/index.ts";
import { endReasonWords, type SessionId } from "../../model.ts";
import type { SealBinding, Sealer } from "../../sealing.ts";
import type { AgentEvent, AgentMessage } from "../agent-messages.ts";
import type { Keys } from "./keys.ts";

const event = z.object({
  recordId: z.string(),
  epoch: z.number(),
  type: z.string(),
  at: z.string(),
  content: z.unknown(),
  trace: z.string().optional(),
});

/** What travels on a channel. A newer release may send what an older one does not know: it passes over it. */
const message = z.discriminatedUnion("type", [
  z.object({ type: z.literal("agent-changed") }),
  z.object({
    type: z.literal("session-ended"),
    key: z.object({
      issuer: z.enum(issuers),
      sessionId: z.string().transform((text) => text as SessionId),
      bindingId: z.string(),
    }),
    reason: z.enum(endReasonWords),
  }),
  z.object({ type: z.literal("verdict-wanted"), guidVersion: z.number() }),
  z.object({ type: z.literal("signing-out"), signInId: z.string(), lastsMs: z.number() }),
  z.object({ type: z.literal("polls-kept-up"), signInId: z.string() }),
]);

/**
 * How messages and events look in Redis: sealed, each for its agent's channel, so that another installation on the same
 * Redis can neither read what is said here nor say anything. A message on a channel is the sealed text alone; an event is
 * its id, a blank and the sealed text, since Redis makes the id when it takes the event.
 */
export class MessageText {
  readonly #sealer: Sealer;
  readonly #keys: Keys;

  constructor(sealer: Sealer, keys: Keys) {
    this.#sealer = sealer;
    this.#keys = keys;
  }

  ofMessage(agentId: AgentId, toSend: AgentMessage): string {
    if (toSend.type === "event") {
      const { id, ...sent } = toSend.event;
      return `${id} ${this.ofEvent(agentId, sent)}`;
    }
    return this.#sealer.sealInPassing(this.#binding("message", agentId), JSON.stringify(toSend));
  }

  ofEvent(agentId: AgentId, toSend: AgentEvent): string {
    return this.#sealer.sealInPassing(this.#binding("event", agentId), JSON.stringify(toSend));
  }

  /** `null` for what makes no sense here: it is not from us, or from a release that knows more. */
  received(agentId: AgentId, text: string): AgentMessage | null {
    const blank = text.indexOf(" ");
    if (blank < 0) return this.#opened(this.#binding("message", agentId), text, message);
    const found = this.event(agentId, text.slice(blank + 1));
    return found === null ? null : { type: "event", event: { ...found, id: text.slice(0, blank) } };
  }

  event(agentId: AgentId, text: unknown): AgentEvent | null {
    return typeof text === "string" ? this.#opened(this.#binding("event", agentId), text, event) : null;
  }

  #opened<Shape>(binding: SealBinding, text: string, shape: z.ZodType<Shape>): Shape | null {
    try {
      return shape.parse(JSON.parse(this.#sealer.open(binding, text)));
    } catch {
      return null;
    }
  }

  #binding(purpose: string, agentId: AgentId): SealBinding {
    return { purpose, name: this.#keys.messages(agentId) };
  }
}
