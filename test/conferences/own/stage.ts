import assert from "node:assert/strict";
import type { Response, Test } from "supertest";
import request from "supertest";
import type { Simulator } from "../../../simulator/index.ts";
import { startQuickPair } from "../../sessions/quick-times.ts";
import { Device } from "../../support/device.ts";
import { EventStreamReader } from "../../support/event-stream.ts";
import { appToken, type TestService, type TestServiceOptions } from "../../support/service.ts";
import { until } from "../../support/until.ts";

/** An agent's app, signed in and idle, as an application wants it. */
export class Agent {
  readonly agentId: string;
  readonly token: string;
  readonly #url: string;

  constructor(url: string, agentId: string, token: string) {
    this.#url = url;
    this.agentId = agentId;
    this.token = token;
  }

  call(method: "get" | "post" | "patch" | "delete", path: string, body?: object): Test {
    const call = request(this.#url)[method](path).set("Authorization", `Bearer ${this.token}`);
    return body === undefined ? call : call.send(body);
  }
  look(): Test {
    return this.call("get", "/conference");
  }
  apply(body: object = { seats: 8 }): Test {
    return this.call("post", "/conference", body);
  }
  invite(...participants: { readonly kind: string; readonly address: string }[]): Test {
    return this.call("post", "/conference/participants", { participants });
  }
  change(path: string, body: object): Test {
    return this.call("patch", `/conference/participants/${path}`, body);
  }
  listen(): Promise<EventStreamReader> {
    return EventStreamReader.open(`${this.#url}/session/events`, { Authorization: `Bearer ${this.token}` });
  }
}

export type Pair = TestService & { readonly simulator: Simulator };

/** Conferences that are decided, ring and change in moments; polls that follow each other at once. */
export function startConferences(options: TestServiceOptions = {}): Promise<Pair> {
  return startQuickPair({
    ...options,
    simulator: {
      hastyPollMs: 0,
      applicationMs: 30,
      answerMs: 20,
      changeMs: 10,
      phoneAnswerMs: 40,
      ringingMs: 5_000,
      announcementMs: 1_000,
      ...options.simulator,
    },
    environment: { KEEP_ALIVE_INTERVAL_MS: "1", GATEWAY_TIMEOUT_MS: "1500", ...options.environment },
  });
}

/** Signs in at the service, goes idle at the gateway, and hears what the sign-in has brought. */
export async function agentAt(
  { url, simulator }: Pick<Pair, "url" | "simulator">,
  agentId: string,
  claims: Readonly<Record<string, unknown>> = {},
): Promise<Agent> {
  const token = appToken({ sub: `user-${agentId}`, ...claims });
  const answer = await request(url)
    .post("/session")
    .set("Authorization", `Bearer ${token}`)
    .send({ agentId, password: `secret-${agentId}`, phoneNumber: "40038" });
  assert.ok(answer.status < 300, JSON.stringify(answer.body));
  await goIdle(simulator, agentId);
  return new Agent(url, agentId, token);
}

/** A session of another device of the agent's user. */
export function anotherDevice({ url }: Pick<Pair, "url">, agentId: string): Promise<Device> {
  const device = new Device(url, { sub: `user-${agentId}` });
  return device.signIn({ agentId }).then(() => device);
}

export async function goIdle(simulator: Simulator, agentId: string): Promise<void> {
  const { guid } = simulator.control.agent(agentId);
  const headers = { Guid: String(guid), "Content-Type": "application/json; charset=UTF-8" };
  await fetch(`${simulator.url}/onlineagent/${agentId}/sayfree`, { method: "POST", headers });
  await until(() => simulator.control.agent(agentId).queuedEvents === 0);
}

export const tell = (answer: Response): string => `${answer.status} ${JSON.stringify(answer.body)}`;

/** An answer's status, and of a problem its code and outcome. */
export function short({ status, body }: Response): string {
  const { code, outcome } = body as { readonly code?: string; readonly outcome?: string };
  return [status, code, outcome].filter((one) => one !== undefined).join(" ");
}

export function expect(answer: Response, what: string): void {
  assert.equal(short(answer), what, tell(answer));
}
