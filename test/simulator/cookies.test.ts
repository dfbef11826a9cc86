import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentClient, parsed, signedIn, simulatorFor } from "./gateway-client.ts";

test("sign-in sets cookies marked Secure, over plain http too, as old sites do", async (t) => {
  const simulator = await simulatorFor(t);
  const cookies = (await new AgentClient(simulator).signIn()).headers["set-cookie"] ?? [];
  assert.equal(cookies.length, 2);
  for (const cookie of cookies) assert.match(cookie, /^[A-Z]+=\w+; Path=\/agentgateway; HttpOnly; Secure$/);
});

test("a site without cookies sets none, and one without Secure says so", async (t) => {
  const none = await simulatorFor(t, { cookies: false, requireCookies: true });
  const client = await signedIn(none);
  assert.equal(client.cookie, "");
  assert.equal(parsed(await client.ids()).retcode, "0");
  const plain = await simulatorFor(t, { secureCookies: false });
  const reply = await new AgentClient(plain).signIn();
  assert.doesNotMatch(String(reply.headers["set-cookie"]), /Secure/);
});

test("where cookies are required a call without them is refused and counted", async (t) => {
  const simulator = await simulatorFor(t, { requireCookies: true });
  const client = await signedIn(simulator);
  assert.equal(parsed(await client.ids()).retcode, "0");
  const [first = ""] = client.cookie.split("; ");
  for (const cookie of ["", first, client.cookie.replace("=", "=x")]) {
    assert.equal(parsed(await client.ids({ cookie })).retcode, "000-003", cookie);
  }
  assert.equal(simulator.control.violations().counts.missingCookie, 3);
});

test("a rotation may renew one cookie, and the old value is worth nothing then", async (t) => {
  const simulator = await simulatorFor(t, { requireCookies: true, renewCookies: true });
  const client = await signedIn(simulator);
  const [balancer, route] = client.cookie.split("; ");
  simulator.control.rotate("1201");
  const renewed = (await client.poll()).headers["set-cookie"]?.[0]?.split(";")[0];
  assert.notEqual(renewed, balancer);
  assert.equal(parsed(await client.ids({ cookie: `${balancer}; ${route}` })).retcode, "000-003");
  assert.equal(parsed(await client.ids({ cookie: `${renewed}; ${route}` })).retcode, "0");
});
