import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { conferenceEvent } from "../../src/gateway/index.ts";

const of = (type: string, content: unknown) => conferenceEvent({ type: `AgentConf_${type}`, content });

describe("an event of the agent's conference", () => {
  test("that only names it, by its id as text, also past 2^53", () => {
    const types = {
      RequestSuccess: "conference-applied",
      SelfJoinResult: "conference-joined",
      Timeout: "conference-reminder",
      Ringing: "conference-ringing",
      SelfLeaveResult: "conference-left",
      PresidentChanged: "chair-received",
    };
    for (const [name, type] of Object.entries(types)) {
      assert.deepEqual(of(name, { confId: 1030400 }), { type, id: "1030400" });
      assert.deepEqual(of(name, { confId: "9007199254740993", more: 1 }), { type, id: "9007199254740993" });
    }
  });

  test("that says why there is none, where the platform gave a number", () => {
    assert.deepEqual(of("RequestFailed", { cause: 21234 }), { type: "conference-refused", cause: 21234 });
    assert.deepEqual(of("RequestFailed", { cause: "21234" }), { type: "conference-refused", cause: 21234 });
    for (const content of [null, {}, "", { cause: "busy" }]) {
      assert.deepEqual(of("RequestFailed", content), { type: "conference-refused", cause: null });
    }
  });

  const changed = {
    result: 0,
    changeType: 0,
    changeReason: 255,
    confId: 1030400,
    participant: "70005",
    participantType: 6,
    deviceCallType: 0,
    deviceType: 0,
  };

  test("that says what changed with a participant, and why one left", () => {
    assert.deepEqual(of("ParticipantChanged", changed), {
      type: "participant-changed",
      id: "1030400",
      kind: "phone",
      address: "70005",
      change: "joined",
      reason: null,
      done: true,
    });
    const change = (changeType: number) =>
      (of("ParticipantChanged", { ...changed, changeType }) as { change: unknown }).change;
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 6, 7].map(change),
      ["joined", "left", "chair", "muted", "unmuted", "held", "unheld", 7],
      "a code that the reference does not have passes as it is",
    );
    const reason = (changeReason: unknown) =>
      (of("ParticipantChanged", { ...changed, changeType: 1, changeReason }) as { reason: unknown }).reason;
    assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 255].map(reason), [
      "left",
      "removed",
      "hung-up",
      "conference-over",
      "signed-out",
      5,
      "forced-out",
      255,
    ]);
    assert.equal(reason(undefined), null);
    const kind = (participantType: unknown) =>
      (of("ParticipantChanged", { ...changed, participantType }) as { kind: unknown }).kind;
    assert.deepEqual([6, 9, "9", 3].map(kind), ["phone", "agent", "agent", "unknown"]);
    assert.equal((of("ParticipantChanged", { ...changed, result: 1 }) as { done: unknown }).done, false);
  });

  test("that tells the end of an announcement", () => {
    assert.deepEqual(of("StopVoice", { result: 0 }), { type: "announcement-ended", done: true });
    assert.deepEqual(of("StopVoice", { result: 1 }), { type: "announcement-ended", done: false });
    assert.deepEqual(of("StopParticipantVoice", { result: "0" }), {
      type: "participant-announcement-ended",
      done: true,
    });
  });

  test("is none of these when it is another, or when its content is not the documented one", () => {
    for (const type of ["AgentState_Ready", "AgentConf_Later", "constructor", "toString", ""]) {
      assert.equal(conferenceEvent({ type, content: { confId: 1 } }), null);
    }
    for (const content of [null, "1456402370-7", {}, { confId: "x" }, { confId: -1 }, [], 7]) {
      assert.equal(of("SelfJoinResult", content), null);
      assert.equal(of("ParticipantChanged", content), null);
      assert.equal(of("StopVoice", content), null);
    }
  });

  test("never fails, whatever the gateway sends", () => {
    const names = ["RequestSuccess", "RequestFailed", "ParticipantChanged", "StopVoice", "Ringing"];
    fc.assert(fc.property(fc.constantFrom(...names), fc.anything(), (name, content) => void of(name, content)));
  });
});
