import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { parseConferenceDetails } from "../../src/gateway/conference-details.ts";
import { type ConferenceId, Fault } from "../../src/gateway/index.ts";
import { createCaller, createTestClient, within } from "../support/gateway-client.ts";
import { answerJson, answerSuccess, type RawAnswer, startRawGateway } from "../support/raw-gateway.ts";

const address = {
  addressType: "9",
  address: "1201",
  deviceCallType: 0,
  deviceType: 6,
  channelAttrib: 3,
  channelState: 0,
  role: 1,
  enterTime: 1790000000000,
};
const conf = {
  confId: 1029888,
  confState: 0,
  startTime: 1790000000000,
  applyConfTime: 60,
  confHaveBeenTime: 29,
  addresses: [address],
};
const detailed = {
  id: "1029888",
  state: "normal",
  startedAt: "2026-09-21T14:13:20.000Z",
  bookedMinutes: 60,
  elapsedMinutes: 29,
  participants: [
    {
      kind: "agent",
      address: "1201",
      role: "chair",
      audio: "both",
      state: "connected",
      joinedAt: "2026-09-21T14:13:20.000Z",
    },
  ],
};

const read = (result: unknown): unknown[] => [...parseConferenceDetails(result).values()];
const badResponse = (error: unknown): boolean => error instanceof Fault && error.code === "gateway-bad-response";

describe("the details of a conference", () => {
  test("are read from both forms of the result", () => {
    assert.deepEqual(read({ confs: [conf] }), [detailed]);
    assert.deepEqual(read([conf]), [detailed]);
  });

  test("are read from digits in text, numbers in place of text, and with unknown fields", () => {
    const texts = Object.fromEntries(
      Object.entries(conf).map(([key, value]) => [key, Array.isArray(value) ? value : String(value)]),
    );
    const odd = {
      ...address,
      addressType: 9,
      address: 1201,
      channelAttrib: "3",
      role: "1",
      enterTime: "1790000000000",
      x: {},
    };
    assert.deepEqual(read([{ ...texts, addresses: [odd], eventGenTime: 1 }]), [detailed]);
  });

  test("name every code of the reference", () => {
    const one = (changes: object): unknown => read([{ ...conf, addresses: [{ ...address, ...changes }] }])[0];
    const participant = (changes: object) => (one(changes) as typeof detailed).participants[0];
    for (const [code, word] of [
      [0, "none"],
      [1, "listen"],
      [2, "speak"],
      [3, "both"],
      [4, "none"],
    ] as const) {
      assert.equal(participant({ channelAttrib: code })?.audio, word);
    }
    for (const [code, word] of [
      [0, "connected"],
      [1, "held"],
      [2, "announcement"],
    ] as const) {
      assert.equal(participant({ channelState: code })?.state, word);
    }
    for (const [code, word] of [
      ["6", "phone"],
      ["9", "agent"],
      ["7", "unknown"],
      ["", "unknown"],
    ] as const) {
      assert.equal(participant({ addressType: code })?.kind, word);
    }
    assert.equal(participant({ role: 0 })?.role, "participant");
    assert.equal((read([{ ...conf, confState: 1 }])[0] as typeof detailed).state, "announcement");
  });

  test("are none for a result that is missing, null or empty, and without participants for such addresses", () => {
    for (const result of [undefined, null, "", {}, { confs: null }, { confs: "" }, []])
      assert.deepEqual(read(result), []);
    for (const addresses of [undefined, null, "", []]) {
      assert.deepEqual(read([{ ...conf, addresses }]), [{ ...detailed, participants: [] }]);
    }
  });

  test("are a bad response for a code outside of the reference, a wrong type or a time that is none", () => {
    const wrong: object[] = [
      { confId: undefined },
      { confId: "x" },
      { confState: 2 },
      { confState: null },
      { startTime: -1 },
      { startTime: 1e18 },
      { startTime: "soon" },
      { startTime: undefined },
      { applyConfTime: -1 },
      { confHaveBeenTime: 1.5 },
      { addresses: {} },
      { addresses: [null] },
      ...[
        { channelAttrib: 5 },
        { channelState: 3 },
        { role: 2 },
        { role: "constructor" },
        { enterTime: undefined },
        { address: undefined },
        { address: "x".repeat(257) },
        { addressType: {} },
      ].map((changes) => ({ addresses: [{ ...address, ...changes }] })),
    ];
    for (const changes of wrong)
      assert.throws(() => read([{ ...conf, ...changes }]), badResponse, JSON.stringify(changes));
    for (const result of ["none", 7, true, { confs: 7 }, [[conf]], [7]]) assert.throws(() => read(result), badResponse);
  });
});

describe("asking for the details of many conferences", async () => {
  const gateway = await startRawGateway(answerSuccess);
  const client = createTestClient(gateway.url);
  after(async () => {
    await client.close();
    await gateway.close();
  });
  const ids = (count: number): ConferenceId[] =>
    Array.from({ length: count }, (_, index) => `${index + 1}` as ConferenceId);
  const asked = (body: string): number[] => JSON.parse(body).confIds;
  /** Answers backwards, without the ids that have ended. */
  const knowing =
    (...ended: number[]): RawAnswer =>
    (response, request) => {
      const confs = asked(request.body)
        .filter((id) => !ended.includes(id))
        .map((confId) => ({ ...conf, confId }));
      answerJson({ retcode: "0", result: { confs: confs.reverse() } })(response, request);
    };
  const ask = async (wanted: ConferenceId[], answer: RawAnswer): Promise<{ found: string[]; chunks: number[] }> => {
    const before = gateway.requests.length;
    gateway.answerWith(answer);
    const details = await client.conferenceDetails(createCaller(), wanted, within(3_000));
    const chunks = gateway.requests.slice(before).map(({ body }) => asked(body).length);
    return { found: details.map(({ id }) => id), chunks };
  };

  test("goes 20 ids a call and keeps the order of the ids, whatever the order of the answers", async () => {
    const { found, chunks } = await ask(ids(105), (response, request) => {
      setTimeout(() => knowing()(response, request), (asked(request.body)[0] ?? 0) < 30 ? 30 : 0);
    });
    assert.deepEqual(found, ids(105));
    assert.deepEqual(
      chunks.sort((a, b) => a - b),
      [5, 20, 20, 20, 20, 20],
    );
  });

  test("asks for an id once, and nothing at all for none", async () => {
    const [one, two] = ids(2) as [ConferenceId, ConferenceId];
    assert.deepEqual(await ask([two, one, two], knowing()), { found: [two, one], chunks: [2] });
    assert.deepEqual(await ask([], knowing()), { found: [], chunks: [] });
  });

  test("leaves out what has ended meanwhile, and what nobody asked for", async () => {
    assert.deepEqual((await ask(ids(3), knowing(2))).found, ["1", "3"]);
    const stranger = answerJson({
      retcode: "0",
      result: [
        { ...conf, confId: 77 },
        { ...conf, confId: 1 },
      ],
    });
    assert.deepEqual((await ask(ids(1), stranger)).found, ["1"]);
  });

  for (const retcode of ["000-002", "101-001"]) {
    test(`finds the others when the gateway refuses a whole call with ${retcode} for one that has ended`, async () => {
      const { found } = await ask(ids(20), (response, request) =>
        asked(request.body).includes(7) ? answerJson({ retcode })(response, request) : knowing()(response, request),
      );
      assert.deepEqual(
        found,
        ids(20).filter((id) => id !== "7"),
      );
    });

    test(`takes ${retcode} for a single id as: it has ended`, async () => {
      assert.deepEqual((await ask(ids(1), answerJson({ retcode }))).found, []);
    });
  }

  test("says that the parameters are wrong when the gateway says so of every id", async () => {
    await assert.rejects(ask(ids(4), answerJson({ retcode: "000-002" })), {
      code: "invalid-request",
      retcode: "000-002",
    });
    assert.deepEqual((await ask(ids(4), answerJson({ retcode: "101-001" }))).found, []);
  });

  test("searches for ended ones for a few calls only, when the gateway refuses whatever it is asked", async () => {
    for (const retcode of ["000-002", "101-001"]) {
      const before = gateway.requests.length;
      await assert.rejects(ask(ids(200), answerJson({ retcode })), { retcode });
      const calls = gateway.requests.length - before;
      assert.ok(calls <= 50, `${calls} calls for 200 ids`);
    }
  });

  test("finds three that have ended among two hundred, and all others", async () => {
    const ended = [7, 8, 133];
    const { found } = await ask(ids(200), (response, request) =>
      asked(request.body).some((id) => ended.includes(id))
        ? answerJson({ retcode: "000-002" })(response, request)
        : knowing()(response, request),
    );
    assert.deepEqual(
      found,
      ids(200).filter((id) => !ended.includes(Number(id))),
    );
  });

  test("ends at the first failure, cancels the other calls and starts no further one", async () => {
    const before = gateway.requests.length;
    let cancelled = 0;
    gateway.answerWith((response, request) => {
      if (request.number === before + 2) answerJson({ retcode: "100-006" })(response, request);
      else
        response.on("close", () => {
          cancelled += 1;
        });
    });
    const started = performance.now();
    await assert.rejects(client.conferenceDetails(createCaller(), ids(200), within(5_000)), {
      code: "agent-not-signed-in",
    });
    assert.ok(performance.now() - started < 1_000);
    assert.ok(gateway.requests.length - before <= 4);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(cancelled, gateway.requests.length - before - 1);
  });

  test("asks again, with a newer Guid, for what was not answered yet", async () => {
    const answered = new Map();
    const wanted = ids(200);
    const before = gateway.requests.length;
    gateway.answerWith((response, request) => {
      const refused = request.number > before + 8;
      (refused ? answerJson({ retcode: "000-003" }) : knowing(3))(response, request);
    });
    const limits = { ...within(3_000), answered };
    await assert.rejects(client.conferenceDetails(createCaller(), wanted, limits), { retcode: "000-003" });
    const asking = gateway.requests.length;
    gateway.answerWith(knowing(3));
    const found = await client.conferenceDetails(createCaller(), wanted, limits);
    assert.equal(found.length, 199);
    const again = gateway.requests.slice(asking).map(({ body }) => asked(body).length);
    assert.deepEqual(again, [20, 20]);
  });

  test("is ended by its client with the client's own reason", async () => {
    gateway.answerWith(() => {});
    const leaving = new AbortController();
    const reason = new Error("left");
    const call = client.conferenceDetails(createCaller(), ids(50), { ...within(5_000), signal: leaving.signal });
    setTimeout(() => leaving.abort(reason), 30);
    await assert.rejects(call, reason);
  });
});
