import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppSession } from "../../src/sessions/model.ts";
import { Sight } from "./sight.ts";

const first = {
  issuer: "app",
  sessionId: "tab-1",
  subject: "user-1",
  agentId: "20001",
  boundBy: "sign-in",
  recordId: "record",
  bindingId: "first",
} as unknown as AppSession;
const anew: AppSession = { ...first, bindingId: "anew" };

function sightAt(timeline: { now: number }): { readonly sight: Sight; readonly said: readonly string[] } {
  const said: string[] = [];
  // Nothing else that it looks at has a part in this.
  const deps = { sharesVdn: false, timeline, violate: (kind: string) => said.push(kind) };
  return { sight: new Sight(deps as unknown as ConstructorParameters<typeof Sight>[0]), said };
}

/** What it says is missing from the disk. */
function afterPowerCut(leaves: AppSession): readonly string[] {
  const { sight, said } = sightAt({ now: 0 });
  sight.bound(first, null);
  sight.bound(anew, first);
  sight.answered(leaves, "left");
  sight.deleted(anew);
  sight.storeWentBack([anew], true);
  return said;
}

test("a sign-out that was answered ends the binding that it was asked for, and none that was made meanwhile", () => {
  assert.deepEqual(afterPowerCut(first), [], "deleting the new one was not answered yet");
  assert.deepEqual(afterPowerCut(anew), ["lost"]);
});

test("a subject whose session is replaced by one of its own has been in all the time, another comes in", () => {
  const timeline = { now: 5 };
  const { sight } = sightAt(timeline);
  sight.bound(first, null);
  timeline.now = 9;
  const brought: AppSession = { ...anew, boundBy: "other" as AppSession["boundBy"] };
  sight.bound(brought, first);
  assert.equal(sight.of(brought)?.cameIn, 5);
  const others = { ...anew, subject: "user-2", bindingId: "others" } as unknown as AppSession;
  sight.bound(others, brought);
  assert.equal(sight.of(others)?.cameIn, 9);
});
