import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { startSimulator } from "../../simulator/index.ts";
import { AgentClient, parsed, send, simulatorFor } from "./gateway-client.ts";

test("over HTTPS a client has to trust the simulator's authority, which goes with it", async (t) => {
  const simulator = await startSimulator({ tls: true });
  t.after(() => simulator.close());
  assert.match(simulator.url, /^https:/);
  const caFile = simulator.caFile ?? "";
  const client = new AgentClient(simulator, "1201", readFileSync(caFile, "utf8"));
  assert.equal(parsed(await client.signIn()).retcode, "0");
  await assert.rejects(send("GET", `${simulator.controlUrl}/state`), { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
  simulator.control.addFault({ kind: "reset", on: "poll" });
  await assert.rejects(client.poll(), { code: "ECONNRESET" });
  await simulator.close();
  assert.equal(existsSync(caFile), false);
});

test("the certificate is for the names asked for, and for no others", async (t) => {
  const simulator = await simulatorFor(t, { tls: true, tlsHosts: ["gateway.example"] });
  const ca = readFileSync(simulator.caFile ?? "", "utf8");
  const client = new AgentClient(simulator, "1201", ca);
  await assert.rejects(client.signIn(), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
});

test("the control interface may stay on plain http beside it", async (t) => {
  const simulator = await simulatorFor(t, { tls: true, controlPort: 0 });
  assert.match(simulator.controlUrl, /^http:/);
  assert.equal((await send("GET", `${simulator.controlUrl}/state`)).status, 200);
});
