import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, describe, test } from "node:test";
import { startScriptedGateway } from "../support/scripted-gateway.ts";
import { appToken, startTestService, type TestService } from "../support/service.ts";

const LIMIT = 3;

describe("whoever tries passwords", () => {
  let gateway: Awaited<ReturnType<typeof startScriptedGateway>>;
  let service: TestService;
  before(async () => {
    gateway = await startScriptedGateway();
    service = await startTestService(gateway.url, { environment: { SIGN_IN_LIMIT_PER_MINUTE: String(LIMIT) } });
  });
  after(async () => {
    await service.close();
    await gateway.close();
  });

  /** @param from the client's address, all of 127/8 being this machine's */
  const signIn = (agentId: string, from: string, headers: Record<string, string> = {}): Promise<number> =>
    new Promise((resolve, reject) => {
      const options = { method: "POST", localAddress: from, agent: false } as const;
      const outgoing = request(`${service.url}/session`, options, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      outgoing.on("error", reject);
      outgoing.setHeader("Content-Type", "application/json");
      outgoing.setHeader("Authorization", `Bearer ${appToken({ sub: `of-${agentId}` })}`);
      for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
      outgoing.end(JSON.stringify({ agentId, password: "", phoneNumber: "1" }));
    });

  test("is stopped, and does not lock the agent out for another address", async () => {
    const statuses: number[] = [];
    for (let attempt = 0; attempt < LIMIT * 12; attempt++) statuses.push(await signIn("1201", "127.0.0.1"));
    assert.equal(statuses.filter((status) => status === 429).length, LIMIT * 11);
    assert.notEqual(await signIn("1201", "127.0.0.2"), 429);
  });

  test("cannot be somebody else by a header that no trusted proxy wrote", async () => {
    for (let attempt = 0; attempt < LIMIT; attempt++) await signIn("1300", "127.0.0.3");
    for (const name of ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Client-IP"]) {
      assert.equal(await signIn("1300", "127.0.0.3", { [name]: "198.51.100.7" }), 429);
    }
  });

  test("with many agent ids is stopped too", async () => {
    const statuses: number[] = [];
    for (let id = 2000; id < 2000 + LIMIT * 11; id++) statuses.push(await signIn(String(id), "127.0.0.4"));
    assert.equal(statuses.filter((status) => status === 429).length, LIMIT);
  });
});
