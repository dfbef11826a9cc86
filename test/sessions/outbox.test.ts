import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentId } from "../../src/gateway/index.ts";
import { Outbox, type OutboxDeps } from "../../src/sessions/keep-alive/outbox.ts";
import type { AgentSession } from "../../src/sessions/model.ts";
import type { AgentEvent } from "../../src/sessions/stores/agent-messages.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const eventNumber = (number: number): AgentEvent => ({
  recordId: "r",
  epoch: 1,
  type: String(number),
  at: "2026-09-21T14:13:21.000Z",
  content: null,
});

test("while the store takes its time with one event, no more than 256 wait behind it: the newest, in their order", async () => {
  const appended: number[] = [];
  const answered = Promise.withResolvers<void>();
  const outbox = new Outbox("1201" as AgentId, {
    clock: new VirtualClock(),
    traces: null,
    ownConferences: { follow: async () => undefined } as unknown as OutboxDeps["ownConferences"],
    store: {
      async appendEvent(_: AgentId, { type }: AgentEvent) {
        appended.push(Number(type));
        await answered.promise;
        return `1-${type}`;
      },
    } as unknown as OutboxDeps["store"],
  });
  const agent = {} as AgentSession;
  outbox.add(eventNumber(0), agent);
  const delivering = outbox.deliver();
  for (let number = 1; number <= 1_000; number++) {
    outbox.add(eventNumber(number), agent);
    await outbox.deliver();
  }
  answered.resolve();
  await delivering;
  assert.deepEqual(appended, [0, ...Array.from({ length: 256 }, (_, place) => 745 + place)]);
});
