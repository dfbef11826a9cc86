import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { AgentId, GatewayClient } from "../../src/gateway/index.ts";
import { Problem } from "../../src/problems.ts";
import { createCaller, createTestClient, type ObservedClient, within } from "../support/gateway-client.ts";
import { answerJson, answerSuccess, type RawAnswer, type RawGateway, startRawGateway } from "../support/raw-gateway.ts";

const caller = createCaller();
const agent = { kind: "agent", address: "1202" } as const;
const phone = { kind: "phone", address: "70005" } as const;
const FILE = "y:/conf/120/1136287.V3";

type Call = (client: GatewayClient, limits: { readonly deadline: number }) => Promise<unknown>;

/** Each call of the family, with the name and the body that the reference has for it. */
const calls: readonly (readonly [call: Call, name: string, body: unknown])[] = [
  [(c, o) => c.applyForConference(caller, { seats: 4 }, o), "requestagentconf", { memberNum: 4 }],
  [
    (c, o) =>
      c.applyForConference(
        caller,
        { seats: 4, minutes: 50, remindMinutes: 5, callerNumber: "4000", announcement: FILE },
        o,
      ),
    "requestagentconf",
    { memberNum: 4, confCallerNo: "4000", time: 50, promptTime: 5, beepTone: true, playMode: 2, voicePath: FILE },
  ],
  [(c, o) => c.answerInvitation(caller, o), "answeragentconf", null],
  [(c, o) => c.rejectInvitation(caller, o), "rejectagentconf", null],
  [(c, o) => c.leaveConference(caller, o), "requestleaveagentconf", null],
  [(c, o) => c.endConference(caller, o), "releaseagentconf", null],
  [
    (c, o) => c.inviteParticipants(caller, { participants: [agent, phone], callerNumber: "4000" }, o),
    "batchaddparticipant",
    {
      addresses: [
        { addressType: "9", address: "1202" },
        { addressType: "6", address: "70005" },
      ],
      caller: "4000",
    },
  ],
  [
    (c, o) => c.removeParticipants(caller, [phone], o),
    "batchremoveparticipant",
    { addresses: [{ addressType: "6", address: "70005" }] },
  ],
  [
    (c, o) => c.holdParticipant(caller, agent, FILE, o),
    "holdparticipant",
    { addressType: "9", address: "1202", playMode: 2, voicePath: FILE },
  ],
  [(c, o) => c.unholdParticipant(caller, agent, o), "unholdparticipant", { addressType: "9", address: "1202" }],
  ...(["listen", "speak", "both", "none"] as const).map(
    (audio, index) =>
      [
        (c: GatewayClient, o: { readonly deadline: number }) => c.setAudio(caller, phone, audio, o),
        "changeparticipantmode",
        { attribute: index + 1, addressType: "6", address: "70005" },
      ] as const,
  ),
  [(c, o) => c.handOverChair(caller, "1202" as AgentId, o), "applytoshiftpresident", { destAgentNo: 1202 }],
  [(c, o) => c.changeSeats(caller, 4, o), "modifyconfresource", { modifyType: 0, modifyNum: 4 }],
  [(c, o) => c.changeSeats(caller, -3, o), "modifyconfresource", { modifyType: 1, modifyNum: 3 }],
  [
    (c, o) => c.playToConference(caller, { file: FILE, background: true }, o),
    "playvoicetoconf",
    { playType: 1, playMode: 2, voicePath: FILE },
  ],
  [
    (c, o) => c.playToConference(caller, { file: FILE, background: false }, o),
    "playvoicetoconf",
    { playType: 0, playMode: 2, voicePath: FILE },
  ],
  [(c, o) => c.stopPlayingToConference(caller, o), "stopvoicetoconf", null],
  [
    (c, o) => c.playToParticipant(caller, phone, FILE, o),
    "playvoicetoparticipant",
    { addressType: "6", address: "70005", playMode: 2, voicePath: FILE },
  ],
  [
    (c, o) => c.stopPlayingToParticipant(caller, phone, o),
    "stopvoicetoparticipant",
    { addressType: "6", address: "70005" },
  ],
];
const addTime: Call = (client, limits) => client.addTime(caller, 100, limits);

describe("controlling the agent's own conference", () => {
  let gateway: RawGateway;
  let client: ObservedClient;
  beforeEach(async () => {
    gateway = await startRawGateway(answerSuccess);
    client = createTestClient(gateway.url);
  });
  afterEach(async () => {
    await client.close();
    await gateway.close();
  });

  test("says each thing in the words of the reference, and names no conference", async () => {
    for (const [call, name, body] of calls) {
      const before = gateway.requests.length;
      await call(client, within(2_000));
      const sent = gateway.requests.slice(before);
      assert.equal(sent.length, 1);
      assert.deepEqual(
        [sent[0]?.method, sent[0]?.path, sent[0]?.headers.guid],
        ["POST", `/agentgateway/resource/agentconf/1201/${name}`, caller.guid],
      );
      assert.deepEqual(sent[0]?.body === "" ? null : JSON.parse(sent[0]?.body ?? ""), body);
    }
  });

  test("tells how many minutes were really added, and who of the removed was not in it", async () => {
    gateway.answerWith(answerJson({ retcode: "0", result: { applyedTime: 50 } }));
    assert.equal(await addTime(client, within(2_000)), 50);
    assert.deepEqual(JSON.parse(gateway.requests[0]?.body ?? ""), { prolongTime: 100 });
    gateway.answerWith(answerJson({ retcode: "0", result: { applyedTime: "20" } }));
    assert.equal(await addTime(client, within(2_000)), 20);
    const strangers = [{ addressType: "6", address: "70005" }, { addressType: 9, address: 1202 }, { odd: true }];
    gateway.answerWith(answerJson({ retcode: "0", result: { noExistParticipants: strangers } }));
    assert.deepEqual(await client.removeParticipants(caller, [phone, agent], within(2_000)), [phone, agent]);
    for (const result of [{}, { noExistParticipants: [] }, { noExistParticipants: {} }, null, ""]) {
      gateway.answerWith(answerJson({ retcode: "0", result }));
      assert.deepEqual(await client.removeParticipants(caller, [phone], within(2_000)), []);
    }
  });

  const failed = async (call: Call, ms = 1_000): Promise<{ code: string; outcome: unknown; calls: number }> => {
    const before = gateway.requests.length;
    try {
      await call(client, within(ms));
    } catch (error) {
      assert.ok(error instanceof Problem);
      const { outcome } = error.members ?? {};
      assert.match(error.detail, outcome === "not-done" ? /Nothing was done\.$/ : /carried out is not known\.$/);
      return { code: error.code, outcome, calls: gateway.requests.length - before };
    }
    return assert.fail("it succeeded");
  };
  const end: Call = (c, o) => c.endConference(caller, o);

  test("that was refused was not done", async () => {
    for (const [retcode, code] of Object.entries({
      "000-002": "invalid-request",
      "000-003": "session-expired",
      "000-004": "gateway-switching-over",
      "000-007": "rate-limited",
      "100-006": "agent-not-signed-in",
      "101-001": "not-in-a-conference",
      "101-002": "not-the-chair",
      "101-003": "already-in-a-conference",
      "101-005": "chair-cannot",
      "101-006": "chair-cannot",
      "101-007": "chair-cannot",
    })) {
      gateway.answerWith(answerJson({ retcode }));
      assert.deepEqual(await failed(end), { code, outcome: "not-done", calls: 1 }, retcode);
    }
  });

  test("that met a fault of the platform, or a code that nobody knows, may have been done", async () => {
    for (const retcode of ["100-007", "999-999"]) {
      gateway.answerWith(answerJson({ retcode, message: "Unknown ERROR._7" }));
      assert.deepEqual(await failed(end), { code: "gateway-error", outcome: "unknown", calls: 1 });
    }
  });

  test("goes out once, and may have been done, when there was no answer that tells", async () => {
    const answers: Record<string, RawAnswer> = {
      "gateway-unreachable": (response) => response.socket?.resetAndDestroy(),
      "gateway-bad-response": (response) => response.end("<html>"),
      "gateway-timeout": () => {},
      "gateway-unavailable": (response) => response.writeHead(503).end(),
    };
    for (const [code, answer] of Object.entries(answers)) {
      gateway.answerWith(answer);
      assert.deepEqual(await failed(end, 200), { code, outcome: "unknown", calls: 1 });
    }
    gateway.answerWith((response) => response.writeHead(502).end());
    assert.deepEqual(await failed(end), { code: "gateway-bad-response", outcome: "unknown", calls: 1 });
    gateway.answerWith((response) => response.socket?.destroy());
    for (const [call] of calls) {
      const another = createTestClient(gateway.url);
      assert.equal((await failed((_client, limits) => call(another, limits))).calls, 1);
      await another.close();
    }
    gateway.answerWith(answerJson({ retcode: "0", result: {} }));
    assert.deepEqual(await failed(addTime), { code: "gateway-bad-response", outcome: "unknown", calls: 1 });
  });

  test("was not done where the gateway does not have it, or was not asked", async () => {
    for (const status of [404, 405]) {
      gateway.answerWith((response) => response.writeHead(status).end());
      assert.deepEqual(await failed(end), { code: "gateway-bad-response", outcome: "not-done", calls: 1 });
    }
    assert.deepEqual(await failed(end, -1), { code: "gateway-timeout", outcome: "not-done", calls: 0 });
    gateway.answerWith((response) => response.writeHead(502).end());
    for (let count = 0; count < 20; count++) await client.conferenceIds(caller, within(1_000)).catch(() => {});
    assert.deepEqual(await failed(end), { code: "gateway-unavailable", outcome: "not-done", calls: 0 });
  });

  test("was not done where no connection ever stood", async () => {
    await gateway.close();
    assert.deepEqual(await failed(end), { code: "gateway-unreachable", outcome: "not-done", calls: 0 });
    const sockets: Socket[] = [];
    // Takes the connection and never says a word of TLS.
    const silent = createServer((socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const secure = createTestClient(`https://127.0.0.1:${(silent.address() as AddressInfo).port}/x`);
    const handshake: Call = (_client, limits) => secure.endConference(caller, limits);
    assert.deepEqual(await failed(handshake, 200), { code: "gateway-timeout", outcome: "not-done", calls: 0 });
    for (const socket of sockets) socket.on("error", () => {}).destroy();
    await secure.close();
    silent.close();
  });

  test("of an announcement is told the platform's own reason, whatever the retcode says", async () => {
    gateway.answerWith(answerJson({ retcode: "0", result: { errorReason: 20017 } }));
    const refused = client.stopPlayingToConference(caller, within(1_000));
    await assert.rejects(refused, { code: "operation-refused", members: { outcome: "not-done", cause: 20017 } });
    gateway.answerWith(answerJson({ retcode: "0", result: { errorReason: 0 } }));
    await client.stopPlayingToConference(caller, within(1_000));
  });

  test("takes a new Guid from its answer, as every call does", async () => {
    gateway.answerWith(answerJson({ retcode: "101-001" }, { "Set-GUID": "JSESSIONID=new.AgentGateway1" }));
    const renewed = createCaller();
    await assert.rejects(client.endConference(renewed, within(1_000)));
    assert.deepEqual(
      renewed.renewals.map(({ guid }) => guid),
      ["new.AgentGateway1"],
    );
  });
});
