import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, describe, test } from "node:test";
import { type Simulator, startSimulator } from "../../simulator/index.ts";
import type { AgentId, Caller, GatewayClient, Renewal } from "../../src/gateway/index.ts";
import { createTestClient, isFault, within } from "../support/gateway-client.ts";

const credentials = { password: "secret-1201", phoneNumber: "40038" };
const inspector = "1201" as AgentId;

/** Signs in and keeps the Guid and the cookies up to date, as the session layer does. */
async function signedInCaller(client: GatewayClient, force = false): Promise<Caller & { readonly rotations: number }> {
  let { guid, cookies } = await client.signIn(inspector, credentials, { ...within(2_000), force });
  let rotations = 0;
  return {
    agentId: inspector,
    get guid() {
      return guid;
    },
    get cookies() {
      return cookies;
    },
    get rotations() {
      return rotations;
    },
    async renewed(renewal: Renewal) {
      ({ guid, cookies } = renewal);
      rotations += 1;
    },
  };
}

const nobodyLeaves = new AbortController().signal;

for (const [kind, tls] of [
  ["HTTP", false],
  ["HTTPS with an authority of its own", true],
] as const) {
  describe(`over ${kind}`, () => {
    let simulator: Simulator;
    let client: GatewayClient;
    before(async () => {
      simulator = await startSimulator({ tls, pollHoldMs: 100, hastyPollMs: 0 });
      const ca = simulator.caFile === null ? null : readFileSync(simulator.caFile, "utf8");
      client = createTestClient(simulator.url, { ca });
    });
    after(async () => {
      await client.close();
      await simulator.close();
    });
    afterEach(() => simulator.control.reset());

    test("an inspector signs in, sees the conferences with their details, hears events and signs out", async () => {
      const caller = await signedInCaller(client);
      assert.equal(await client.isInspector(caller, within(2_000)), true);
      const ids = await client.conferenceIds(caller, within(2_000));
      assert.deepEqual(ids, ["355840", "1029888", "9007199254740993"]);
      const details = await client.conferenceDetails(caller, ids, within(2_000));
      assert.deepEqual(
        details.map(({ id }) => id),
        ids,
      );
      assert.equal(details[0]?.participants[0]?.role, "chair");
      const event = await client.pollEvent(caller, { timeoutMs: 2_000, signal: nobodyLeaves });
      assert.equal(event?.type, "AgentOther_InService");
      await client.signOut(caller, { ...within(2_000), force: false });
      assert.equal(simulator.control.violations().total, 0);
      await assert.rejects(client.conferenceIds(caller, within(2_000)), { code: "agent-not-signed-in" });
    });

    test("a Guid that rotates on a poll is taken over, and the old one is refused", async () => {
      simulator.control.configure({ guidOverlapMs: 0 });
      const caller = await signedInCaller(client);
      const { guid, cookies } = caller;
      simulator.control.rotate("1201");
      await client.pollEvent(caller, { timeoutMs: 2_000, signal: nobodyLeaves });
      assert.equal(caller.rotations, 1);
      assert.notEqual(caller.guid, guid);
      assert.equal((await client.conferenceIds(caller, within(2_000))).length, 3);
      await assert.rejects(client.conferenceIds({ ...caller, guid, cookies }, within(2_000)), {
        code: "session-expired",
        effect: "guid-refused",
      });
    });
  });
}

describe("the platform's rules", () => {
  let simulator: Simulator;
  let client: GatewayClient;
  before(async () => {
    simulator = await startSimulator();
    client = createTestClient(simulator.url);
  });
  after(async () => {
    await client.close();
    await simulator.close();
  });
  afterEach(() => simulator.control.reset());

  test("a wrong password, a locked account and an agent who is in already are told apart", async () => {
    const attempt = (agent: string, password: string) =>
      client.signIn(agent as AgentId, { password, phoneNumber: "40038" }, { ...within(2_000), force: false });
    await assert.rejects(attempt("1201", "wrong"), { code: "wrong-credentials", retcode: "100-004" });
    await assert.rejects(attempt("1205", "secret-1205"), { code: "account-locked" });
    await signedInCaller(client);
    await assert.rejects(attempt("1201", "secret-1201"), { code: "agent-already-signed-in" });
    assert.equal((await client.conferenceIds(await signedInCaller(client, true), within(2_000))).length, 3);
  });

  test("an agent who is no inspector sees no conferences", async () => {
    simulator.control.putAgent("1201", { inspector: false });
    const caller = await signedInCaller(client);
    assert.equal(await client.isInspector(caller, within(2_000)), false);
    await assert.rejects(client.conferenceIds(caller, within(2_000)), { code: "not-an-inspector" });
  });

  test("an agent who is talking is not signed out unless forced", async () => {
    simulator.control.putAgent("1201", { talking: true });
    const caller = await signedInCaller(client);
    await assert.rejects(client.signOut(caller, { ...within(2_000), force: false }), { code: "agent-busy" });
    await client.signOut(caller, { ...within(2_000), force: true });
  });
});

describe("TLS", () => {
  test("a certificate of an authority that nobody named is not trusted", async () => {
    const simulator = await startSimulator({ tls: true });
    const client = createTestClient(simulator.url);
    await assert.rejects(client.signIn(inspector, credentials, { ...within(3_000), force: false }), {
      code: "gateway-unreachable",
    });
    await client.close();
    await simulator.close();
  });

  test("a certificate for another name is not trusted, whatever the environment says of verification", async (t) => {
    const simulator = await startSimulator({ tls: true, tlsHosts: ["another.example"] });
    const client = createTestClient(simulator.url, { ca: readFileSync(simulator.caFile ?? "", "utf8") });
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    t.after(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED);
    const misnamed = isFault("gateway-unreachable", "ERR_TLS_CERT_ALTNAME_INVALID");
    await assert.rejects(client.signIn(inspector, credentials, { ...within(3_000), force: false }), misnamed);
    await client.close();
    await simulator.close();
  });
});
