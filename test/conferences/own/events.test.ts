import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Simulator } from "../../../simulator/index.ts";
import { startQuickPair } from "../../sessions/quick-times.ts";
import { type Device, signedInDevice } from "../../support/device.ts";
import { EventStreamReader, type ReceivedEvent } from "../../support/event-stream.ts";
import type { TestService } from "../../support/service.ts";
import { until } from "../../support/until.ts";

let pair: TestService & { readonly simulator: Simulator };
let device: Device;
let stream: EventStreamReader;

before(async () => {
  pair = await startQuickPair({ environment: { KEEP_ALIVE_INTERVAL_MS: "1" } });
  device = await signedInDevice(pair.url);
  await until(() => pair.simulator.control.agent("1201").heldPolls === 1);
  stream = await open();
  // What the sign-in has brought comes before it.
  await told("AgentEvent_Marker", null);
});
after(async () => {
  stream.close();
  await pair.close();
});

const open = (headers: Readonly<Record<string, string>> = {}) =>
  EventStreamReader.open(`${pair.url}/session/events`, { Authorization: `Bearer ${device.token}`, ...headers });

const id = "1030400";
const confId = Number(id);
const changed = { result: 0, confId, participant: "1202", participantType: 9, deviceCallType: 0, deviceType: 6 };
const about = { id, kind: "agent", address: "1202", done: true };

/** What is sent next, and what is received until the `gateway-event` of it. */
async function told(type: string, content: object | null): Promise<ReceivedEvent[]> {
  const place = stream.received.length;
  pair.simulator.control.sendEvent("1201", type, content);
  await until(() =>
    stream.received
      .slice(place)
      .some(({ event, data }) => event === "gateway-event" && (data as { type: string }).type === type),
  );
  return stream.received.slice(place);
}

const rows: readonly (readonly [type: string, content: object, event: string, payload: object])[] = [
  ["RequestSuccess", { confId }, "conference-applied", { id }],
  ["RequestFailed", { cause: 21234 }, "conference-refused", { cause: 21234 }],
  ["SelfJoinResult", { confId }, "conference-joined", { id }],
  ["Timeout", { confId }, "conference-reminder", { id }],
  ["Ringing", { confId }, "conference-ringing", { id }],
  ["SelfLeaveResult", { confId }, "conference-left", { id }],
  ["PresidentChanged", { confId }, "chair-received", { id }],
  ["StopVoice", { result: 0 }, "announcement-ended", { done: true }],
  ["StopParticipantVoice", { result: 1 }, "participant-announcement-ended", { done: false }],
  ...["joined", "left", "chair", "muted", "unmuted", "held", "unheld"].map(
    (change, changeType) =>
      [
        "ParticipantChanged",
        { ...changed, changeType, changeReason: changeType === 1 ? 2 : 255 },
        "participant-changed",
        { ...about, change, reason: changeType === 1 ? "hung-up" : null },
      ] as const,
  ),
  [
    "ParticipantChanged",
    { ...changed, result: 1, changeType: 1, changeReason: 77, participantType: 3 },
    "participant-changed",
    { ...about, kind: "unknown", change: "left", reason: 77, done: false },
  ],
  ["ParticipantChanged", { ...changed, changeType: 42 }, "participant-changed", { ...about, change: 42, reason: null }],
];

for (const [type, content, event, payload] of rows) {
  test(`AgentConf_${type} ${JSON.stringify(content)} is told as ${event}, then as it is`, async () => {
    const [typed, own, ...more] = await told(`AgentConf_${type}`, content);
    assert.deepEqual(more, []);
    assert.ok(typed);
    assert.equal(typed.event, event);
    assert.equal(typed.id, undefined);
    const { at, ...rest } = typed.data as { at: string };
    assert.deepEqual(rest, payload);
    assert.match(String(own?.id), /^[\w-]+$/);
    assert.deepEqual(own?.data, { type: `AgentConf_${type}`, at, content });
  });
}

test("an event of the family that is not as its page says, and one that no page has, come as they are alone", async () => {
  for (const [type, content] of [
    ["AgentConf_Ringing", { confId: "none" }],
    ["AgentConf_ParticipantChanged", { confId }],
    ["AgentConf_Somehow", { confId }],
    ["AgentOther_PhoneAlerting", null],
  ] as const) {
    assert.deepEqual(
      (await told(type, content)).map(({ event }) => event),
      ["gateway-event"],
      type,
    );
  }
});

test("who comes back with the last id hears what it missed in both forms", async () => {
  const last = stream.received.findLast((event) => event.id !== undefined)?.id ?? "";
  await told("AgentConf_Ringing", { confId });
  const again = await open({ "Last-Event-ID": last });
  await again.next("conference-ringing");
  assert.equal((await again.next()).event, "gateway-event");
  again.close();
});
