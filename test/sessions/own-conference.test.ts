import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { AgentId, ConferenceId } from "../../src/gateway/index.ts";
import {
  afterEvent,
  noConference,
  type OwnConference,
  type OwnConferenceEvent,
  ownConferenceEvent,
} from "../../src/sessions/own-conference.ts";

const receipt = { agentId: "1201" as AgentId, epoch: 1, at: 1 };
const requested: OwnConference = { ...noConference, state: "requested", epoch: 1 };
const [a, b] = ["355840", "9007199254740993"] as ConferenceId[] as [ConferenceId, ConferenceId];

const after = (start: OwnConference, ...events: OwnConferenceEvent[]): OwnConference =>
  events.reduce((own, event) => afterEvent(own, event, receipt), start);
const shown = ({ state, id }: OwnConference) => `${state} ${id}`;

const joins = { type: "conference-joined", id: a } as const;
const granted = { type: "conference-applied", id: a } as const;
const failed = { type: "conference-refused", cause: 21234 } as const;
const rings = { type: "conference-ringing", id: a } as const;
const leaves = { type: "conference-left", id: a } as const;
const changed = { type: "participant-changed", id: a, change: "held", reason: null, done: true } as const;
const another = { ...changed, kind: "agent", address: "1202" } as const;
const itself = { ...changed, kind: "agent", address: "1201" } as const;

test("an application that is granted: joined only when the platform says so, and then until the agent is out", () => {
  assert.equal(shown(after(requested, joins)), "requested null");
  assert.equal(shown(after(requested, joins, granted)), `joined ${a}`);
  assert.equal(shown(after(requested, joins, granted, another)), `joined ${a}`);
  assert.equal(shown(after(requested, joins, granted, leaves)), "over null");
});

test("an application that is refused, before or after the applicant has joined, ends with the platform's cause", () => {
  for (const own of [after(requested, failed), after(requested, joins, failed, leaves)]) {
    assert.equal(shown(own), "over null");
    assert.deepEqual([own.decision?.granted, own.decision?.cause], [false, 21234]);
  }
});

test("a refused application says nothing of a conference that the agent is in or called into", () => {
  assert.equal(shown(after(noConference, joins, failed)), `joined ${a}`);
  assert.equal(shown(after(noConference, rings, failed)), `invited ${a}`);
});

test("an invitation is taken, declined, withdrawn or rung in vain", () => {
  assert.equal(shown(after(noConference, rings)), `invited ${a}`);
  assert.equal(shown(after(noConference, rings, joins)), `joined ${a}`);
  assert.equal(shown(after(noConference, rings, { type: "phone-released" })), "over null");
  assert.equal(shown(after(noConference, rings, { ...itself, change: "joined", done: false })), "over null");
  assert.equal(shown(after(noConference, rings, another)), `invited ${a}`, "news of a member is no answer");
});

test("a phone that falls silent is no end of a conference, and no end of an application", () => {
  assert.equal(shown(after(noConference, joins, { type: "phone-released" })), `joined ${a}`);
  assert.equal(shown(after(requested, { type: "phone-released" })), "requested null");
});

test("what only a member hears tells of a conference whose joining was never heard of", () => {
  for (const event of [
    another,
    itself,
    { type: "chair-received", id: a },
    { type: "conference-reminder", id: a },
  ] as const)
    assert.equal(shown(after(noConference, event)), `joined ${a}`, event.type);
});

test("what is told of a conference after the agent is out of it brings nobody back into it", () => {
  const out = after(noConference, joins, leaves);
  assert.equal(shown(after(out, another, { type: "chair-received", id: a }, leaves)), "over null");
  const asksAgain = { ...out, state: "requested" } as const;
  assert.equal(shown(after(asksAgain, another)), "requested null");
  assert.equal(shown(after(out, rings, joins)), `joined ${a}`, "called again it is in again");
});

test("the members' last news, that the chair has gone with the conference, makes nobody a member", () => {
  const last = { ...another, change: "left", reason: "conference-over" } as const;
  assert.equal(shown(after(noConference, last)), "over null");
});

test("the end of another conference ends none", () => {
  assert.equal(shown(after(noConference, joins, { ...leaves, id: b })), `joined ${a}`);
  assert.equal(shown(after(noConference, rings, { ...leaves, id: b })), `invited ${a}`);
  assert.equal(after(requested, joins, { ...leaves, id: b }).joining, a);
});

test("an event says when it came to be, and for which epoch", () => {
  const own = afterEvent(noConference, rings, { ...receipt, epoch: 7, at: 1_790_000_000_000 });
  assert.deepEqual([own.epoch, own.since, own.turn], [7, 1_790_000_000_000, 1]);
  assert.equal(afterEvent(own, rings, { ...receipt, epoch: 8 }), own, "told twice it is the same");
});

test("the gateway's other events, and those of a shape that no page has, say nothing of it", () => {
  assert.equal(ownConferenceEvent({ type: "AgentState_Ready", content: null }), null);
  assert.equal(ownConferenceEvent({ type: "AgentConf_Ringing", content: {} }), null);
  assert.deepEqual(ownConferenceEvent({ type: "AgentOther_PhoneRelease", content: null }), { type: "phone-released" });
});

/** What the events have said last of each thing: not how, but what must not be believed after it. */
function denied(own: OwnConference, begun: boolean, events: readonly OwnConferenceEvent[]): string | null {
  const lastOf = (isSo: (event: OwnConferenceEvent) => boolean): number => events.findLastIndex(isSo);
  const about = (type: OwnConferenceEvent["type"], id: ConferenceId | null) => (event: OwnConferenceEvent) =>
    event.type === type && "id" in event && event.id === id;
  const self = (change: string) => (event: OwnConferenceEvent) =>
    event.type === "participant-changed" &&
    event.address === "1201" &&
    event.kind === "agent" &&
    event.change === change;
  const saysOut = (id: ConferenceId | null) =>
    Math.max(
      lastOf(about("conference-left", id)),
      lastOf(
        (event) => self("left")(event) && about("participant-changed", id)(event) && "done" in event && event.done,
      ),
    );
  const saysIn = (id: ConferenceId | null) =>
    Math.max(
      lastOf(about("conference-joined", id)),
      lastOf(about("conference-applied", id)),
      lastOf(
        (event) => self("joined")(event) && about("participant-changed", id)(event) && "done" in event && event.done,
      ),
    );
  const { state, id } = own;
  if (state === "joined") {
    if (id === null) return "joined to nothing";
    if (!events.some((event) => "id" in event && event.id === id)) return "of this conference nobody spoke";
    if (saysOut(id) > Math.max(saysIn(id), lastOf(about("conference-ringing", id)))) return "the agent is out of it";
    return null;
  }
  if (state === "invited") {
    const called = lastOf(about("conference-ringing", id));
    if (called < 0) return "nobody has called";
    const over = Math.max(
      saysOut(id),
      saysIn(id),
      lastOf(({ type }) => type === "phone-released"),
    );
    return over > called ? "the invitation is over" : null;
  }
  const decided = Math.max(
    lastOf(({ type }) => type === "conference-applied"),
    lastOf(({ type }) => type === "conference-refused"),
  );
  if (state === "requested") {
    if (!begun) return "nobody has asked";
    return decided >= 0 ? "it was decided" : null;
  }
  const grants = lastOf(({ type }) => type === "conference-applied");
  const [grant] = events.slice(grants);
  if (grants >= 0 && grant !== undefined && "id" in grant && saysOut(grant.id) < grants) {
    const since = events.slice(grants + 1);
    if (
      !since.some(
        ({ type }) => type === "conference-ringing" || type === "conference-joined" || type === "participant-changed",
      )
    )
      return "it was granted, and nothing has ended it";
  }
  return null;
}

test("whatever the order of the events, it never is what they deny", () => {
  const id = fc.constantFrom(a, b);
  const moment = fc.record({
    type: fc.constantFrom(
      "conference-applied",
      "conference-joined",
      "conference-reminder",
      "conference-ringing",
      "conference-left",
      "chair-received",
    ),
    id,
  });
  const change = fc.record({
    type: fc.constant("participant-changed"),
    id,
    kind: fc.constantFrom("agent", "phone"),
    address: fc.constantFrom("1201", "1202"),
    change: fc.constantFrom("joined", "left", "chair", "muted", "unmuted", "held", "unheld", 9),
    reason: fc.constantFrom(null, "left", "conference-over", 7),
    done: fc.boolean(),
  });
  const other = fc.constantFrom(
    failed,
    { type: "phone-released" },
    { type: "announcement-ended", done: true },
    { type: "participant-announcement-ended", done: false },
  );
  const history = fc.array(fc.oneof(moment, change, other) as fc.Arbitrary<OwnConferenceEvent>, { maxLength: 12 });
  fc.assert(
    fc.property(fc.boolean(), history, (begun, events) => {
      let own = begun ? requested : noConference;
      for (const [at, event] of events.entries()) {
        const before = own;
        own = afterEvent(own, event, receipt);
        assert.equal(denied(own, begun, events.slice(0, at + 1)), null, JSON.stringify({ own, event }));
        assert.equal(own.turn, own === before ? before.turn : before.turn + 1);
        assert.equal(own.id === null, own.state === "requested" || own.state === "over");
      }
    }),
    { numRuns: 5_000 },
  );
});
