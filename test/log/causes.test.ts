import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { suite, test } from "node:test";
import { type AgentId, Fault, Refusal } from "../../src/gateway/index.ts";
import { Log } from "../../src/log.ts";
import { Problem } from "../../src/problems.ts";
import { aSubject } from "../support/names.ts";

const agentId = "1201" as AgentId;
const actor = { requestId: "r-1", subject: aSubject("user-1") };

function listened(level = "trace") {
  const lines: Record<string, unknown>[] = [];
  let now = 0;
  const log = new Log(level, { write: (line: string) => void lines.push(JSON.parse(line)) }, () => now);
  log.dependsOn({ gateway: "gateway.example:8043", store: "redis://redis.example:6379" });
  const pass = (ms: number): void => {
    now += ms;
  };
  return { log, lines, pass };
}

const coded = (code: unknown, cause?: unknown) =>
  Object.assign(new Error("a message with mArKeD", { cause }), { code });
const storeAway = (cause: unknown) => new Problem("session-store-unavailable", { cause });
const line = { requestId: "r-1", method: "GET", route: "/conferences", status: 503, durationMs: 1, agentId: undefined };

suite("The word for what was behind a fault", () => {
  const words = [
    ...["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "DEPTH_ZERO_SELF_SIGNED_CERT", "ERR_TLS_CERT_ALTNAME_INVALID"],
    ...["CERT_HAS_EXPIRED", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "HTTP_404", "HTTP_503", "WRONGPASS", "NOPERM", "OOM"],
    ...["NOPERM.CLIENT.TRACKING", "UNKNOWN_COMMAND.GETDEL", "UND_ERR_SOCKET", "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION"],
    ...["ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE", "SQLITE_FULL"],
  ];

  test("is on the line of a request, of a sign-in, of a sign-out and of a poll", () => {
    for (const word of words) {
      const { log, lines } = listened();
      const fault = new Fault("gateway-unreachable", word);
      log.request(line, fault);
      log.signInRefused(agentId, actor, fault);
      log.signOutFailed(agentId, fault);
      log.pollFailed(agentId, fault);
      assert.deepEqual(
        lines.map((each) => each.cause),
        [word, word, word, word],
      );
    }
  });

  test("is found behind other errors, and behind the first of several", () => {
    for (const cause of [
      coded("ECONNREFUSED"),
      coded(undefined, coded("ECONNREFUSED")),
      new Error("x", { cause: new TypeError("y", { cause: coded("ECONNREFUSED") }) }),
      new AggregateError([coded("ECONNREFUSED"), coded("ENETUNREACH")]),
      new Problem("gateway-unreachable", { cause: coded("ECONNREFUSED") }),
    ]) {
      const { log, lines } = listened();
      log.request(line, storeAway(cause));
      assert.equal(lines[0]?.cause, "ECONNREFUSED");
    }
  });

  test("is never anything that could be a secret, or a message", () => {
    const loop = new Error("mArKeD");
    loop.cause = loop;
    for (const cause of [
      ...["mArKeD", { code: "mArKeD" }, 17, coded("mArKeD"), coded("has blanks"), coded("A".repeat(97)), coded(17)],
      ...[coded("3F2504E04F8911D39A0C0305E82C3301"), coded("AB12CD34EF56AB78"), coded("EYJHBGCIOIJIUZI1NIJ9"), loop],
    ]) {
      const { log, lines } = listened();
      log.request(line, storeAway(cause));
      log.unexpected("r-1", cause);
      assert.equal(lines[0]?.cause, "UNNAMED", String(cause));
      assert.doesNotMatch(JSON.stringify(lines), /mArKeD|3F2504|AB12CD|EYJHB|blanks|AAAA/);
    }
  });

  test("is left out where nothing is behind", () => {
    const { log, lines } = listened();
    log.request({ ...line, status: 200 });
    log.request(line, new Problem("not-found"));
    for (const each of lines) assert.ok(!("cause" in each));
  });
});

suite("A fault that stands", () => {
  const call = { operation: "conference-ids", durationMs: 1, retcode: null } as const;
  const failed = (cause: string) => ({ ...call, outcome: "gateway-unreachable", cause }) as const;
  const answered = { ...call, outcome: "ok", cause: null } as const;

  test("of the gateway is told once with its host, and once a minute while it stands", () => {
    const { log, lines, pass } = listened("warn");
    for (let times = 0; times < 1_000; times++) log.gatewayCall(failed("ECONNREFUSED"));
    assert.deepEqual(
      lines.map(({ level, host, cause }) => [level, host, cause]),
      [[40, "gateway.example:8043", "ECONNREFUSED"]],
    );
    for (let second = 0; second < 120; second++) {
      pass(1_000);
      log.gatewayCall(failed("ECONNREFUSED"));
    }
    assert.equal(lines.length, 3);
  });

  test("is told when it is over, with how long it stood", () => {
    const { log, lines, pass } = listened("warn");
    log.gatewayCall(answered);
    log.gatewayCall(failed("ENOTFOUND"));
    pass(2_500);
    log.gatewayCall({ ...answered, outcome: "refused", retcode: "000-003" });
    log.gatewayCall(answered);
    assert.deepEqual(
      lines.map(({ host, cause, stoodMs }) => [host, cause, stoodMs]),
      [
        ["gateway.example:8043", "ENOTFOUND", undefined],
        ["gateway.example:8043", undefined, 2_500],
      ],
    );
  });

  test("is told anew when it becomes another one, and not at each turn when it comes and goes", () => {
    const { log, lines } = listened("warn");
    log.gatewayCall(failed("ECONNREFUSED"));
    log.gatewayCall(failed("CERT_HAS_EXPIRED"));
    assert.deepEqual(
      lines.map(({ cause }) => cause),
      ["ECONNREFUSED", "CERT_HAS_EXPIRED"],
    );
    for (let times = 0; times < 100; times++) {
      log.gatewayCall(answered);
      log.gatewayCall(failed("ECONNREFUSED"));
    }
    assert.equal(lines.length, 3, "one end and nothing more within the minute");
  });

  test("is not what this service does by itself, nor a client that leaves", () => {
    const { log, lines } = listened("trace");
    log.gatewayCall({ ...call, outcome: "gateway-unavailable", cause: "BREAKER_OPEN" });
    log.gatewayCall({ ...call, outcome: "gateway-unavailable", cause: "TOO_MANY_WAITING" });
    log.gatewayCall({ ...call, outcome: "left", cause: null });
    assert.deepEqual(lines, []);
  });

  test("of the store is told with its name, and when it is over", () => {
    const { log, lines, pass } = listened("warn");
    log.keeperWorked();
    for (let round = 0; round < 20; round++) {
      log.keeperFailed(storeAway(coded("WRONGPASS")));
      pass(2_000);
    }
    log.keeperWorked();
    log.keeperWorked();
    assert.deepEqual(
      lines.map(({ store, cause, stoodMs }) => [store, cause, stoodMs]),
      [
        ["redis://redis.example:6379", "WRONGPASS", undefined],
        ["redis://redis.example:6379", undefined, 40_000],
      ],
    );
  });

  test("of the store's writes is told by itself, once a minute, and when it is over", () => {
    const { log, lines, pass } = listened("warn");
    log.writesWorked();
    for (let round = 0; round < 13; round++) {
      log.keeperWorked();
      log.writesFailed(storeAway(coded("SQLITE_FULL")));
      pass(5_000);
    }
    log.writesWorked();
    log.writesWorked();
    assert.deepEqual(
      lines.map(({ store, cause, stoodMs, msg }) => [store, cause, stoodMs, msg]),
      [
        ["redis://redis.example:6379", "SQLITE_FULL", undefined, "the session store takes no writes"],
        ["redis://redis.example:6379", "SQLITE_FULL", undefined, "the session store takes no writes"],
        ["redis://redis.example:6379", undefined, 65_000, "the session store takes writes again"],
      ],
    );
  });

  test("of the token issuer's keys is told with its host, once a minute, and when it is over", () => {
    const { log, lines, pass } = listened("warn");
    log.keysFetched("issuer.example");
    for (let times = 0; times < 30; times++) {
      log.keysNotAvailable("issuer.example", coded(undefined, coded("CERT_HAS_EXPIRED")));
      pass(1_000);
    }
    log.keysFetched("issuer.example");
    assert.deepEqual(
      lines.map(({ host, cause, stoodMs }) => [host, cause, stoodMs]),
      [
        ["issuer.example", "CERT_HAS_EXPIRED", undefined],
        ["issuer.example", undefined, 30_000],
      ],
    );
  });

  test("of many records is told by the first at once, and by one line a minute for the others", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { log, lines } = listened("warn");
    const damaged = (name: number) => log.corruptRecord({ kind: "agent", name: String(name), why: "damaged" });
    for (let name = 0; name < 1_000; name++) damaged(name);
    log.corruptRecord({ kind: "agent", name: "x", why: "key-missing" });
    assert.deepEqual(
      lines.map(({ name, why }) => [name, why]),
      [
        ["0", "damaged"],
        ["x", "key-missing"],
      ],
    );
    t.mock.timers.tick(60_000);
    assert.deepEqual(
      lines.slice(2).map(({ msg, kind, records, names }) => [msg, kind, records, (names as string[]).length]),
      [["more stored records cannot be read", "agent", 999, 16]],
    );
    damaged(1_000);
    t.mock.timers.tick(60_000);
    assert.equal(lines.at(-1)?.records, 1);
    t.mock.timers.tick(120_000);
    damaged(1_001);
    assert.deepEqual([lines.length, lines.at(-1)?.name], [5, "1001"]);
  });

  test("is no mistake of ours, which is told each time", () => {
    const { log, lines } = listened("warn");
    log.keeperFailed(new TypeError("x"));
    log.keeperFailed(new TypeError("x"));
    assert.deepEqual(
      lines.map(({ error }) => error),
      ["TypeError", "TypeError"],
    );
  });
});

suite("The audit trail", () => {
  test("is written at every level", () => {
    for (const level of ["trace", "info", "warn", "error", "fatal", "silent"]) {
      const { log, lines } = listened(level);
      const row = { status: 401, problem: "wrong-credentials", effect: "none", retry: false } as const;
      log.signedIn(agentId, actor, "signed-in");
      log.signInRefused(agentId, actor, new Refusal("100-004", row));
      log.signedOut(agentId, false, "signed-out", actor);
      log.requestRefused(actor, undefined, new Problem("csrf"), false);
      assert.deepEqual(
        lines.map(({ audit }) => audit),
        ["signed-in", "refused", "signed-out", "refused"],
        level,
      );
    }
  });

  test("calls nothing refused that nobody could be asked about", () => {
    const { log, lines } = listened();
    for (const problem of [storeAway(coded("OOM")), new Fault("gateway-unreachable", "ENOTFOUND")]) {
      log.signInRefused(agentId, actor, problem);
    }
    assert.deepEqual(
      lines.map(({ audit, problem, cause, msg }) => [audit, problem, cause, msg]),
      [
        [undefined, "session-store-unavailable", "OOM", "sign-in failed"],
        [undefined, "gateway-unreachable", "ENOTFOUND", "sign-in failed"],
      ],
    );
  });
});

test("reading the log's code opens nothing", () => {
  const log = JSON.stringify(join(import.meta.dirname, "../../src/log.ts"));
  const script = `const before = process.listenerCount("exit"); await import(${log});
    console.log(process.listenerCount("exit") - before);`;
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  assert.equal(run.stdout, "0\n", run.stderr);
});
