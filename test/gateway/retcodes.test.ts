import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Refusal } from "../../src/gateway/index.ts";
import { createCaller, createTestClient, shippedRetcodes, within } from "../support/gateway-client.ts";
import { answerJson, answerSuccess, startRawGateway } from "../support/raw-gateway.ts";

/** The codes of a family from 001 on. */
const numbered = (family: string, last: number): string =>
  Array.from({ length: last }, (_, index) => `${family}-${String(index + 1).padStart(3, "0")}`).join(" ");

/** Status, problem, effect on the session, and the codes that mean it; those of which a read may be tried again. */
const meanings = [
  [400, "invalid-request", "none", "000-002 000-006 100-001 100-005 100-011 100-012 100-013 100-014 100-016"],
  [401, "session-expired", "guid-refused", "000-003"],
  [401, "session-expired", "session-over", "105-005 105-006 105-007"],
  [401, "agent-not-signed-in", "signed-out", "100-006 100-008"],
  [401, "wrong-credentials", "none", "100-004"],
  [403, "not-an-inspector", "none", "101-004"],
  [403, "account-locked", "none", "110-016"],
  [403, "password-expired", "none", "100-020"],
  [409, "agent-already-signed-in", "none", "100-002"],
  [409, "agent-not-forceable", "none", "100-015"],
  [409, "sign-in-in-progress", "none", "100-021"],
  [409, "agent-busy", "none", "100-009 100-010"],
  [403, "not-the-chair", "none", "101-002"],
  [409, "not-in-a-conference", "none", "101-001"],
  [409, "already-in-a-conference", "none", "101-003"],
  [409, "chair-cannot", "none", "101-005 101-006 101-007"],
  [409, "operation-refused", "none", numbered("200", 26)],
  [409, "operation-refused", "none", "300-001 300-002 300-003 300-004 400-001 400-002 400-003"],
  [409, "operation-refused", "none", numbered("900", 9)],
  [429, "rate-limited", "none", "000-007"],
  [502, "gateway-error", "none", "100-007"],
  [503, "gateway-switching-over", "none", "000-004 105-001 105-002 105-003 105-004"],
  [503, "gateway-unavailable", "none", "100-003"],
] as const;
const retried = "000-004 105-001 105-002 105-003 105-004".split(" ");

const gateway = await startRawGateway(answerSuccess);
after(() => gateway.close());

async function refusedWith(answer: unknown, given?: ReturnType<typeof createTestClient>): Promise<Refusal> {
  const client = given ?? createTestClient(gateway.url);
  gateway.answerWith(answerJson(answer));
  try {
    await client.conferenceIds(createCaller(), within(2_000));
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error));
    return error;
  } finally {
    if (given === undefined) await client.close();
  }
  return assert.fail("the call succeeded");
}

describe("a retcode", () => {
  for (const [status, problem, effect, codes] of meanings) {
    for (const retcode of codes.split(" ")) {
      test(`${retcode} is ${status} ${problem}, and to the session: ${effect}`, async () => {
        const refusal = await refusedWith({ message: "secret text", retcode });
        assert.deepEqual(
          [refusal.status, refusal.code, refusal.effect, refusal.retcode, refusal.retry],
          [status, problem, effect, retcode, retried.includes(retcode)],
        );
        assert.doesNotMatch(`${refusal.detail} ${refusal.message} ${refusal.stack}`, /secret/);
      });
    }
  }

  test("of the shipped table has its line above", () => {
    assert.deepEqual([...shippedRetcodes.keys()].sort(), meanings.flatMap(([, , , codes]) => codes.split(" ")).sort());
  });

  test("that nobody knows is 502 gateway-error with the code kept, counted each time and logged once", async () => {
    const client = createTestClient(gateway.url);
    for (const retcode of ["999-999", "999-999", "888-888"]) {
      const refusal = await refusedWith({ message: "?", retcode }, client);
      assert.deepEqual(
        [refusal.status, refusal.code, refusal.retcode, refusal.effect, refusal.retry],
        [502, "gateway-error", retcode, "none", false],
      );
    }
    assert.equal(client.logged.length, 2);
    assert.deepEqual(
      client.calls.map(({ outcome, retcode }) => [outcome, retcode]),
      Array(3).fill(["refused", "unknown"]),
    );
    await client.close();
  });

  test("may be a number, and comes with an empty result from old gateways", async () => {
    assert.equal((await refusedWith({ message: "", retcode: 7, result: "" })).retcode, "7");
    assert.equal((await refusedWith({ message: "", retcode: "100-007", result: "" })).retcode, "100-007");
    const client = createTestClient(gateway.url);
    for (const retcode of [0, "0"]) {
      gateway.answerWith(answerJson({ retcode, result: { confIds: [1] } }));
      assert.deepEqual(await client.conferenceIds(createCaller(), within(2_000)), ["1"]);
    }
    await client.close();
  });
});
