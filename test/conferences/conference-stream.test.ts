import assert from "node:assert/strict";
import { test } from "node:test";
import { ConferenceStream } from "../../src/conferences/conference-stream.ts";
import { problemTypes } from "../../src/http/problem-response.ts";
import type { SessionStream } from "../../src/sessions/api/index.ts";
import type { BoundSession } from "../../src/sessions/index.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const intervalMs = 2_000;

interface Who {
  readonly agentId: string;
  readonly vdnId?: number | null;
  readonly boundBy?: string;
}

/** A conference stream on a time of its own, and whom it asked with. */
function stage(sharing: "agent" | "vdn" = "agent") {
  const clock = new VirtualClock();
  const questions: { readonly agentId: string; readonly details: boolean; readonly at: number }[] = [];
  let body = "[]";
  const lists = {
    list: async ({ agent }: BoundSession, { details }: { readonly details: boolean }) => {
      questions.push({ agentId: agent.agentId, details, at: clock.monotonic() });
      return { body, etag: `"${body}"`, asOf: clock.monotonic(), reused: false };
    },
  };
  const sessions = { clock, unexpected: assert.ifError };
  const stream = new ConferenceStream({ lists, sessions, intervalMs, sharing, types: problemTypes(null) });
  const listen = ({ agentId, vdnId = 1, boundBy = "sign-in" }: Who, details = false) => {
    const said: string[] = [];
    const ends: (() => void)[] = [];
    const bound = { agent: { agentId, signInId: "s", epoch: 1, vdnId }, session: { boundBy } };
    const say = (text: string): number => said.push(text);
    const verified = async () => bound;
    const onEnd = (call: () => void): number => ends.push(call);
    const opened = { bound, verified, onEnd, offerState: say, sayAfterState: say, alive: () => ({}) };
    stream.listen(opened as unknown as SessionStream, details, "a-request");
    return { said, leave: () => ends.forEach((end) => void end()) };
  };
  const change = (to: string): void => {
    body = to;
  };
  return { clock, stream, questions, listen, change };
}

test("asks once for all who listen to one agent's list, at once and then at each interval", async () => {
  const { clock, questions, listen } = stage();
  const listeners = [1, 2, 3, 4].map(() => listen({ agentId: "1201" }));
  await clock.advance(6 * intervalMs);
  assert.deepEqual(
    questions.map(({ at }) => at),
    [0, 1, 2, 3, 4, 5, 6].map((round) => round * intervalMs),
  );
  assert.deepEqual(
    listeners.map(({ said }) => said.length),
    [1, 1, 1, 1],
    "nothing new, nothing said",
  );
});

test("each listener hears of a change within one interval, once", async () => {
  const { clock, listen, change } = stage();
  const first = listen({ agentId: "1201" });
  await clock.advance(700);
  const second = listen({ agentId: "1201" });
  await clock.advance(700);
  change("[1]");
  await clock.advance(intervalMs);
  for (const { said } of [first, second]) {
    assert.deepEqual([said.length, /^data: (.*)$/m.exec(said.at(-1) ?? "")?.[1]], [2, "[1]"]);
  }
});

test("asks no more when the last has left, and anew for whoever comes then", async () => {
  const { clock, questions, listen } = stage();
  const [one, other] = [listen({ agentId: "1201" }), listen({ agentId: "1201" })];
  await clock.advance(intervalMs);
  one.leave();
  await clock.advance(intervalMs);
  assert.equal(questions.length, 3);
  other.leave();
  await clock.advance(10 * intervalMs);
  assert.equal(questions.length, 3, "none when nobody listens");
  listen({ agentId: "1201" });
  await clock.advance(intervalMs);
  assert.equal(questions.length, 5);
});

test("inspectors who share their VDN's list are asked for in the same moment, whenever they came", async () => {
  const { clock, questions, listen } = stage("vdn");
  const [first] = [listen({ agentId: "1201" })];
  await clock.advance(700);
  const late = listen({ agentId: "1204" });
  await clock.advance(2 * intervalMs);
  const rounds = questions.filter(({ at }) => at % intervalMs === 0 && at > 0);
  assert.deepEqual(
    rounds.map(({ agentId, at }) => [agentId, at / intervalMs]),
    [
      ["1201", 1],
      ["1204", 1],
      ["1201", 2],
      ["1204", 2],
    ],
  );
  first?.leave();
  await clock.advance(intervalMs);
  assert.equal(questions.at(-1)?.agentId, "1204", "the round goes on for who is left");
  late.leave();
  const asked = questions.length;
  await clock.advance(3 * intervalMs);
  assert.equal(questions.length, asked);
});

test("an agent of no VDN and a session that a backend bound keep a pace of their own, a list with details that of its VDN", async () => {
  const { clock, questions, listen } = stage("vdn");
  listen({ agentId: "1201" });
  await clock.advance(300);
  listen({ agentId: "1202", vdnId: null });
  await clock.advance(300);
  listen({ agentId: "1204", boundBy: "backend" });
  await clock.advance(300);
  listen({ agentId: "1201" }, true);
  questions.length = 0;
  await clock.advance(intervalMs);
  assert.deepEqual(
    questions.map(({ agentId, details, at }) => [agentId, details, at]),
    [
      ["1201", true, 900],
      ["1201", false, 2_000],
      ["1201", true, 2_000],
      ["1202", false, 2_300],
      ["1204", false, 2_600],
    ],
  );
});

test("asks no more once it is closed", async () => {
  const { clock, stream, questions, listen } = stage();
  for (const agentId of ["1201", "1204"]) listen({ agentId });
  await clock.advance(intervalMs);
  assert.equal(questions.length, 4);
  stream.close();
  await clock.advance(5 * intervalMs);
  assert.equal(questions.length, 4);
});
