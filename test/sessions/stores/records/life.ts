import assert from "node:assert/strict";
import type { Simulator } from "../../../../simulator/index.ts";
import { appToken, serviceToken } from "../../../support/service.ts";

/** @param token null: without */
export async function call(url: string, method: string, path: string, token: string | null, body?: object) {
  const answer = await fetch(url + path, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, text, body: text.startsWith("{") ? JSON.parse(text) : {} };
}

export const person = (agentId: string) => ({ agentId, password: `secret-${agentId}`, phoneNumber: "40038" });

/**
 * What a release lives through before it is killed, so that it leaves a record of every kind that it writes. Agent 1201 signed in on
 * device-1 of user-1, and got a new Guid; 1202 was brought by a backend for device-2 of user-2, which keeps it alive itself;
 * 1204 has a session of the service's own issuer and, where the release knows of such, holds a conference; user-3 was revoked, and so was device-4.
 */
export async function live(url: string, simulator: Simulator): Promise<void> {
  const first = await call(url, "POST", "/session", appToken({ sub: "user-1", sid: "device-1" }), person("1201"));
  assert.equal(first.status, 201, first.text);

  const bind = async (sid: string, subject: string, agentId: string, guid: string): Promise<void> => {
    const bound = await call(url, "PUT", `/sessions/${sid}`, serviceToken(), {
      agentId,
      guid,
      subject,
      keepAlive: "external",
    });
    assert.equal(bound.status, 201, bound.text);
  };
  await bind("device-2", "user-2", "1202", await signInAtGateway(simulator.url, "1202"));
  const guid = await signInAtGateway(simulator.url, "20001");
  await bind("device-3", "user-3", "20001", guid);
  await bind("device-4", "user-3", "20001", guid);
  assert.equal((await call(url, "DELETE", "/sessions/device-4", serviceToken())).status, 204);
  assert.equal((await call(url, "DELETE", "/sessions?subject=user-3", serviceToken())).status, 204);

  const own = await call(url, "POST", "/session", null, { ...person("1204"), agentState: "idle" });
  assert.equal(own.status, 201, own.text);
  const conference = await call(url, "POST", "/conference", own.body.token, { seats: 8, minutes: 60 });
  // 0.1 has none.
  assert.ok([201, 404].includes(conference.status), conference.text);
  simulator.control.rotate("1201");
}

/** As the app's backend does it itself. */
async function signInAtGateway(gatewayUrl: string, agentId: string): Promise<string> {
  const answer = await fetch(`${gatewayUrl}/onlineagent/${agentId}`, {
    method: "PUT",
    headers: { "content-type": "application/json; charset=UTF-8" },
    body: JSON.stringify({ password: `secret-${agentId}`, phonenum: "40041", status: 4, autoenteridle: false }),
  });
  const guid = /JSESSIONID=([^;]+)/.exec(answer.headers.get("Set-GUID") ?? "")?.[1];
  assert.ok(guid, await answer.text());
  return guid;
}
