import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startSimulator } from "../../../simulator/index.ts";
import { Device } from "../../support/device.ts";
import { appSecret } from "../../support/service.ts";
import { startServiceProcess } from "../../support/service-process.ts";
import { until } from "../../support/until.ts";

test("killed between the gateway's answer and the event, the service that comes back tells what became of it", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "killed-"));
  const simulator = await startSimulator({ applicationMs: 60_000 });
  t.after(async () => {
    await simulator.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const start = async () => {
    const service = await startServiceProcess(
      {
        GATEWAY_URL: simulator.url,
        JWT_SECRET: appSecret,
        SESSION_STORE_URL: "sqlite:sessions.db",
        GATEWAY_TIMEOUT_MS: "500",
      },
      directory,
    );
    t.after(() => service.kill());
    return service;
  };
  const claims = { sid: "the-device" };
  const first = await start();
  const device = new Device(first.url, claims);
  // The first call of a process may take longer, on a busy machine, than this gateway may.
  await until(async () => (await device.signIn({ agentState: "idle" })).status < 300);
  const applied = await device.send("post", "/conference").send({ seats: 8 });
  assert.deepEqual([applied.status, applied.body], [202, { state: "requested" }]);
  await first.kill();
  const again = new Device((await start()).url, claims);
  assert.deepEqual((await again.get("/conference")).body, { id: null, own: { state: "requested" } });
  // Decided at last.
  const { id } = simulator.control.startConference({ participants: [{ address: "1201", chair: true }] });
  await until(async () => (await again.get("/conference")).body.own?.state === "joined", 15_000);
  const { body } = await again.get("/conference");
  assert.deepEqual([body.id, body.own], [id, { role: "chair", state: "joined" }]);
});
