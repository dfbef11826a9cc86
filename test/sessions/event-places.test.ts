import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { startSimulator } from "../../simulator/index.ts";
import { type Device, signedInDevice } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { startFaultyService } from "../support/faulty-store.ts";
import { until } from "../support/until.ts";
import { startFleet } from "./fleet.ts";
import { quickEnvironment, quickSimulator } from "./quick-times.ts";

async function listening(
  t: TestContext,
  url: string,
  { token }: Device,
  lastEventId?: string,
): Promise<EventStreamReader> {
  const resumed = lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId };
  const stream = await EventStreamReader.open(`${url}/session/events`, {
    Authorization: `Bearer ${token}`,
    ...resumed,
  });
  t.after(() => stream.close());
  return stream;
}

const typesOf = ({ received }: EventStreamReader): unknown[] =>
  received.flatMap(({ event, data }) => (event === "gateway-event" ? [(data as { type: string }).type] : []));

const has = (stream: EventStreamReader, type: string) => () => typesOf(stream).includes(type);

test("a stream that came back and had missed nothing gets nothing twice when its instance was cut off", async (t) => {
  const fleet = await startFleet(t);
  const instance = await fleet.instance();
  const device = await signedInDevice(instance.url);
  const first = await listening(t, instance.url, device);
  await until(() => fleet.simulator.control.agent("1201").queuedEvents === 0);
  fleet.simulator.control.sendEvent("1201", "AgentEvent_Old");
  await until(has(first, "AgentEvent_Old"));
  const second = await listening(t, instance.url, device, first.received.at(-1)?.id);
  await second.next("state");

  instance.line.cut("broken");
  await wait(300);
  instance.line.mend();
  await until(async () => (await fetch(`${instance.url}/readyz`)).status === 200);
  await wait(500);
  fleet.simulator.control.sendEvent("1201", "AgentEvent_New");
  await until(has(second, "AgentEvent_New"));
  assert.deepEqual(typesOf(second), ["AgentEvent_New"]);
});

test("what a stream had missed comes before what is new, also when the store is away as it opens", async (t) => {
  const simulator = await startSimulator(quickSimulator);
  const service = await startFaultyService(simulator.url, quickEnvironment);
  t.after(async () => {
    await service.close();
    await simulator.close();
  });
  const device = await signedInDevice(service.url);
  const first = await listening(t, service.url, device);
  await until(() => simulator.control.agent("1201").queuedEvents === 0);
  simulator.control.sendEvent("1201", "AgentEvent_Seen");
  await until(has(first, "AgentEvent_Seen"));
  const seen = first.received.at(-1)?.id;
  simulator.control.sendEvent("1201", "AgentEvent_Missed");
  await until(has(first, "AgentEvent_Missed"));

  service.store.fail("eventsAfter");
  const resumed = await listening(t, service.url, device, seen);
  const fresh = await listening(t, service.url, device);
  await resumed.next("state");
  simulator.control.sendEvent("1201", "AgentEvent_New");
  await until(() => simulator.control.agent("1201").queuedEvents === 0);
  await wait(100);
  service.store.recover();
  await until(has(fresh, "AgentEvent_New"));
  await until(has(resumed, "AgentEvent_New"));
  assert.deepEqual(typesOf(resumed), ["AgentEvent_Missed", "AgentEvent_New"]);
  assert.deepEqual(typesOf(fresh), ["AgentEvent_New"]);
});
