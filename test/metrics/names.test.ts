import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { shippedTables } from "../../src/config/index.ts";
import { problemCodes } from "../../src/problems.ts";
import { endReasonWords } from "../../src/sessions/index.ts";
import { signedInDevice } from "../support/device.ts";
import { startPair } from "../support/service.ts";
import { until } from "../support/until.ts";

const PREFIX = "conferences_bff_";

describe("the metrics of a running service", () => {
  let pair: Awaited<ReturnType<typeof startPair>>;
  const scrape = async (): Promise<string> => await (await fetch(`${pair.url}/metrics`)).text();
  before(async () => {
    pair = await startPair({ simulator: { pollHoldMs: 50, hastyPollMs: 0, guidIntervalMs: 100 } });
  });
  after(() => pair?.close());

  /** The value of the one sample whose line begins so; undefined without one. */
  function sample(text: string, series: string): number | undefined {
    const line = text.split("\n").find((one) => one.startsWith(`${PREFIX}${series} `));
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ") + 1));
  }

  test("stand at 0 from the start for each value of a closed label, so that a first burst is seen", async () => {
    const text = await scrape();
    const closed: Record<string, readonly string[]> = {
      'problems_total{code="': problemCodes,
      'gateway_refusals_total{retcode="': [...shippedTables().retcodes.keys(), "unknown"],
      'sessions_ended_total{reason="': endReasonWords,
      'sign_ins_total{outcome="': ["signed-in", "forced", "joined", "refused", "failed"],
      'polls_total{outcome="': ["ok", "refused", "gateway-unreachable", "gateway-timeout"],
      'store_failures_total{operation="': ["getSession", "updateAgent", "pingWrite"],
      'sessions{state="': ["active", "unreachable", "expired"],
    };
    for (const [series, values] of Object.entries(closed)) {
      for (const value of values) assert.equal(sample(text, `${series}${value}"}`), 0, `${series}${value}`);
    }
    for (const series of [
      ...["rotations_total", "guid_refusals_total", "leases_won_total", "leases_lost_total", "shared_questions_total"],
      ...[
        "gateway_in_flight",
        "gateway_waiting",
        "gateway_breaker_open",
        "oldest_poll_age_seconds",
        "key_set_age_seconds",
      ],
      ...["agents_polled", "open_streams"],
    ]) {
      assert.equal(sample(text, series), 0, series);
    }
    assert.match(text, /^conferences_bff_build_info\{version="[0-9.]+",node="v[0-9.]+"\} 1$/m);
  });

  test("promtool has nothing to say against them", async () => {
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: await scrape() });
    assert.deepEqual([status, String(stdout), String(stderr)], [0, "", ""]);
  });

  test("say what was done", async () => {
    const device = await signedInDevice(pair.url);
    await device.signIn({ agentId: "1203", password: "wrong" });
    await Promise.all(Array.from({ length: 5 }, () => device.get("/conferences")));
    await until(async () => (sample(await scrape(), "rotations_total") ?? 0) >= 2);
    const text = await scrape();
    assert.equal(sample(text, 'sign_ins_total{outcome="signed-in"}'), 1);
    assert.equal(sample(text, 'sign_ins_total{outcome="refused"}'), 1);
    assert.equal(sample(text, 'problems_total{code="wrong-credentials"}'), 1);
    assert.equal(sample(text, 'sessions{state="active"}'), 1);
    assert.equal(sample(text, "leases_won_total"), 1);
    assert.equal(sample(text, "agents_polled"), 1);
    assert.ok((sample(text, 'polls_total{outcome="ok"}') ?? 0) >= 2);
    assert.ok((sample(text, "oldest_poll_age_seconds") ?? 99) < 5);
    assert.ok((sample(text, 'store_duration_seconds_count{operation="updateAgent"}') ?? 0) > 0, text);
    await pair.simulator.control.down();
    await until(async () => sample(await scrape(), 'sessions{state="unreachable"}') === 1);
    await until(async () => (sample(await scrape(), "oldest_poll_age_seconds") ?? 0) > 1);
    assert.ok((sample(await scrape(), 'polls_total{outcome="gateway-unreachable"}') ?? 0) >= 2);
    await pair.simulator.control.up();
    await until(async () => sample(await scrape(), 'sessions{state="active"}') === 1);
    assert.ok((sample(await scrape(), "oldest_poll_age_seconds") ?? 99) < 1);
    await device.delete("/session");
    await until(async () => sample(await scrape(), "leases_lost_total") === 1);
    const later = await scrape();
    assert.equal(sample(later, 'sessions_ended_total{reason="signed-out"}'), 1);
    assert.equal(sample(later, "agents_polled"), 0);
  });

  test("name no agent, no session and nobody's token", async () => {
    const text = await scrape();
    for (const word of ["1201", "1203", "user-1", "AgentGateway"]) assert.ok(!text.includes(`"${word}`), word);
  });

  test("are all on the page, and the page names no other", async () => {
    const page = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8");
    const named = [...page.matchAll(/^\| `(conferences_bff_[a-z_]+)` \|/gm)].map(([, name]) => name ?? "");
    const served = [...(await scrape()).matchAll(/^# TYPE (conferences_bff_[a-z_]+) /gm)].map(([, name]) => name ?? "");
    assert.deepEqual(named.toSorted(), served.toSorted());
  });

  test("probes and scrapes leave no line at `info`, and a request that was answered does", () => {
    const routes = pair.logged.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "request");
    assert.ok(routes.some(({ route }) => route === "/conferences"));
    assert.deepEqual(
      routes.filter(({ route }) => route === "/metrics"),
      [],
    );
  });
});
