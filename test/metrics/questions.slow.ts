import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import about from "../../package.json" with { type: "json" };
import type { Sample } from "../../scripts/fleet/prometheus.ts";
import { type MetricQuestion, questions } from "../../scripts/pages/metric-questions.ts";
import { Device, signedInDevice } from "../support/device.ts";
import { EventStreamReader } from "../support/event-stream.ts";
import { startPair } from "../support/service.ts";
import { until } from "../support/until.ts";
import { type ScrapingPrometheus, startScraping } from "./prometheus.ts";

/** `increase()` counts on to the ends of its range: what it says of whole numbers is nearly one. */
const near = (value: number | undefined, expected: number): void =>
  assert.ok(Math.abs((value ?? Number.NaN) - expected) <= 0.25 + expected * 0.1, `${value} is not ${expected}`);

const only = (samples: readonly Sample[]): number => {
  assert.equal(samples.length, 1, JSON.stringify(samples));
  return samples[0]?.value ?? Number.NaN;
};

const by = (label: string, samples: readonly Sample[]): Record<string, number> =>
  Object.fromEntries(samples.map(({ labels, value }) => [labels[label] ?? "", value]));

describe("the questions on the page of the metrics, asked of a Prometheus", () => {
  let pair: Awaited<ReturnType<typeof startPair>>;
  let prometheus: ScrapingPrometheus;
  const done = { rotations: 0, lists: 0, asked: 0, failed: 0 };
  const streams: EventStreamReader[] = [];

  before(async () => {
    pair = await startPair({ simulator: { pollHoldMs: 200, latencyMs: 40 } });
    const { control } = pair.simulator;
    const first = await signedInDevice(pair.url, { sub: "user-1" });
    // A series begins with its first request, which no increase sees.
    assert.equal((await first.get("/conferences")).status, 200);
    const fault = () => control.addFault({ kind: "retcode", retcode: "100-007", on: "queryvdnconfid", times: 1 });
    fault();
    assert.equal((await first.get("/conferences")).status, 502);
    prometheus = await startScraping(pair.url);
    await prometheus.scrapes(3);

    const second = await signedInDevice(pair.url, { sub: "user-2" }, { agentId: "1204" });
    assert.equal((await new Device(pair.url, { sub: "user-1" }).signIn()).status, 201);
    assert.equal(
      (await new Device(pair.url, { sub: "user-3" }).signIn({ agentId: "1203", password: "x" })).status,
      401,
    );
    const third = await signedInDevice(pair.url, { sub: "user-3" }, { agentId: "1203" });
    const before = control.state().calls.queryvdnconfid;
    const lists = await Promise.all(Array.from({ length: 20 }, () => first.get("/conferences")));
    assert.ok(lists.every(({ status }) => status === 200));
    done.asked = control.state().calls.queryvdnconfid - before;
    for (let i = 0; i < 3; i += 1) {
      fault();
      assert.equal((await first.get("/conferences")).status, 502);
    }
    control.addFault({ kind: "retcode", retcode: "000-003", on: "queryvdnconfid", times: 1 });
    assert.equal((await second.get("/conferences")).status, 200);
    done.lists = 24;
    done.failed = 3;
    const guidOf = (agentId: string) => control.agent(agentId).guid;
    const [one, other] = [guidOf("1201"), guidOf("1204")];
    control.rotate("1201");
    control.rotate("1204");
    await until(() => guidOf("1201") !== one && guidOf("1204") !== other);
    done.rotations = 2;
    assert.equal((await third.delete("/session")).status, 204);
    for (const { token } of [first, second]) {
      const headers = { Authorization: `Bearer ${token}` };
      streams.push(await EventStreamReader.open(`${pair.url}/conferences/stream`, headers));
    }
    await prometheus.scrapes(5);
  });
  after(async () => {
    for (const stream of streams) stream.close();
    await prometheus?.close();
    await pair?.close();
  });

  const answers: Readonly<Record<string, (samples: readonly Sample[]) => void>> = {
    "How many instances are up?": (samples) => assert.equal(only(samples), 1),
    "Which versions run, and how many instances of each?": (samples) =>
      assert.deepEqual(by("version", samples), { [about.version]: 1 }),
    "How many agents are kept signed in?": (samples) => assert.equal(only(samples), 2),
    "In which state are they?": (samples) =>
      assert.deepEqual(by("state", samples), { active: 2, unreachable: 0, expired: 0 }),
    "Is anybody about to be forgotten by the gateway (120 s without a poll)?": (samples) => {
      assert.ok(only(samples) >= 0 && only(samples) < 10, String(only(samples)));
    },
    "How do the event polls end?": (samples) => assert.ok((by("outcome", samples).ok ?? 0) > 5),
    "Do Guids rotate?": (samples) => near(only(samples), done.rotations),
    "How often was a Guid refused?": (samples) => near(only(samples), 1),
    "How do sign-ins end?": (samples) => {
      const { "signed-in": signedIn, joined, refused, ...others } = by("outcome", samples);
      near(signedIn, 2);
      near(joined, 1);
      near(refused, 1);
      assert.deepEqual(others, {});
    },
    "Why do sessions end?": (samples) => {
      const { "signed-out": signedOut, ...others } = by("reason", samples);
      near(signedOut, 1);
      assert.deepEqual(others, {});
    },
    "How many agents have instances let go: signed out, or gone to another?": (samples) => near(only(samples), 1),
    "Which problems do clients get?": (samples) => {
      const { "gateway-error": gateway, "wrong-credentials": credentials, ...others } = by("code", samples);
      near(gateway, done.failed);
      near(credentials, 1);
      assert.deepEqual(others, {});
    },
    "What share of the requests for conferences fails for our reasons?": (samples) => {
      assert.ok(Math.abs(only(samples) - done.failed / done.lists) < 0.03, String(only(samples)));
    },
    "How long does a list take, for 95 of 100?": (samples) => {
      assert.ok(only(samples) >= 0.025 && only(samples) < 2.5, String(only(samples)));
    },
    "How many lists are asked for?": (samples) => near(only(samples), done.lists),
    "How many questions for conferences does the gateway not see, because somebody else has just asked?": (samples) =>
      near(only(samples), 20 - done.asked),
    "With which codes does the gateway refuse?": (samples) => {
      const { "100-007": failed, "100-004": password, "000-003": guid, ...others } = by("retcode", samples);
      near(failed, done.failed);
      near(password, 1);
      near(guid, 1);
      assert.deepEqual(others, {});
    },
    "How long does the gateway take for a list of ids, on average?": (samples) => {
      assert.ok(only(samples) >= 0.01 && only(samples) < 1, String(only(samples)));
    },
    "Are calls kept back, because the gateway failed often?": (samples) => assert.equal(only(samples), 0),
    "Do calls wait for their turn at the gateway?": (samples) => assert.equal(only(samples), 0),
    "How many streams are open?": (samples) => assert.equal(only(samples), 2),
    "Does the store fail?": (samples) => assert.equal(only(samples), 0),
    "How old is the key set of the tokens' issuer?": (samples) => assert.equal(only(samples), 0),
  };

  test("are twenty or more, and each has an answer here", () => {
    assert.ok(questions.length >= 20);
    assert.deepEqual(
      questions.map(({ question }: MetricQuestion) => question).toSorted(),
      Object.keys(answers).toSorted(),
    );
  });

  for (const { question, query } of questions) {
    test(question, async () => answers[question]?.(await prometheus.query(query("1m"))));
  }
});
