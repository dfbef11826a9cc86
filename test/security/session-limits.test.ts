import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertProblem, Device, signedInDevice } from "../support/device.ts";
import { type ScriptedGateway, startScriptedGateway } from "../support/scripted-gateway.ts";
import { startTestService, type TestService } from "../support/service.ts";

const LIMIT = 10;

describe("a session that asks too much", () => {
  let gateway: ScriptedGateway;
  let service: TestService;
  let greedy: Device;
  before(async () => {
    gateway = await startScriptedGateway();
    service = await startTestService(gateway.url, { environment: { RATE_LIMIT_PER_MINUTE: String(LIMIT) } });
    greedy = await signedInDevice(service.url, { sub: "greedy", sid: "greedy-device" }, { agentId: "1201" });
  });
  after(async () => {
    await service.close();
    await gateway.close();
  });

  test("is refused, whichever operations it shares its requests out to", async () => {
    const paths = ["/session", "/conferences", "/conferences/355840", "/conferences?expand=details", "/sessions"];
    const statuses: number[] = [];
    for (let asked = 0; asked < LIMIT; asked++) {
      statuses.push((await greedy.get(paths[asked % paths.length] ?? "/session")).status);
    }
    assert.ok(!statuses.includes(429), statuses.join());
    for (const path of paths) {
      const refused = await greedy.get(path);
      assertProblem(refused, 429, "rate-limited");
      assert.match(refused.headers.ratelimit ?? "", /remaining=0/);
    }
  });

  test("costs no other session anything, not even one whose subject is called like it", async () => {
    const other = await signedInDevice(service.url, { sub: "user-2" }, { agentId: "1202" });
    assert.equal((await other.get("/session")).status, 200);
    // Without a session claim a token is known by its subject.
    const namesake = new Device(service.url, { sub: "greedy-device", sid: undefined });
    assertProblem(await namesake.get("/session"), 401, "session-not-found");
  });

  test("is still told at once what anyone may ask", async () => {
    for (let asked = 0; asked < LIMIT * 2; asked++) assert.equal((await fetch(`${service.url}/livez`)).status, 200);
  });
});
