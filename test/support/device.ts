import assert from "node:assert/strict";
import type { Response, Test } from "supertest";
import request from "supertest";
import { problemCodes } from "../../src/problems.ts";
import { appToken, inspector } from "./service.ts";

interface SignInFields {
  readonly agentId?: string;
  readonly password?: string;
  readonly phoneNumber?: string;
  readonly force?: boolean;
  readonly delivery?: "body" | "cookie";
  readonly agentState?: "busy" | "idle" | "after-call";
}

/** One device of a user: an app with its token. */
export class Device {
  readonly token: string;
  readonly #url: string;

  /** @param claims of the token, over those of user-1 on a device of its own */
  constructor(url: string, claims: Readonly<Record<string, unknown>> = {}) {
    this.#url = url;
    this.token = appToken(claims);
  }

  send(method: "get" | "head" | "post" | "put" | "delete", path: string): Test {
    return request(this.#url)[method](path).set("Authorization", `Bearer ${this.token}`);
  }
  get(path: string): Test {
    return this.send("get", path);
  }
  put(path: string, body: object): Test {
    return this.send("put", path).send(body);
  }
  delete(path: string): Test {
    return this.send("delete", path);
  }
  /** As agent 1201 unless said otherwise; another agent's password is the simulator's usual one. */
  signIn(fields: SignInFields = {}): Test {
    return this.send("post", "/session").send(signInBody(fields));
  }
}

export function signInBody(fields: SignInFields = {}): object {
  const { agentId = inspector.agentId } = fields;
  return { ...inspector, password: `secret-${agentId}`, ...fields };
}

/** A device that is signed in. */
export async function signedInDevice(
  url: string,
  claims: Readonly<Record<string, unknown>> = {},
  fields: SignInFields = {},
): Promise<Device> {
  const device = new Device(url, claims);
  const answer = await device.signIn(fields);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return device;
}

/** What every failure has to be, whatever went wrong (RFC 9457, and the headers that belong to its status). */
export function assertProblem(answer: Response, status: number, code: string): void {
  const body = answer.body as Readonly<Record<string, unknown>>;
  assert.deepEqual([answer.status, body.code], [status, code], JSON.stringify(body));
  assert.match(answer.headers["content-type"] ?? "", /^application\/problem\+json(;|$)/);
  assert.ok((problemCodes as readonly string[]).includes(code));
  // Below PUBLIC_URL, where the service has one.
  assert.match(String(body.type), new RegExp(`^(https?://[^/]+/([\\w-]+/)*|/)problems/${code}$`));
  assert.equal(body.status, status);
  for (const field of ["title", "detail", "requestId"]) {
    assert.ok(typeof body[field] === "string" && body[field] !== "", `${field} of ${JSON.stringify(body)}`);
  }
  assert.equal(body.requestId, answer.headers["x-request-id"]);
  assert.match(answer.headers["cache-control"] ?? "", /no-store/);
  if (status === 401) assert.match(answer.headers["www-authenticate"] ?? "", /^Bearer realm=/);
  if (status === 503 || status === 429) assert.match(answer.headers["retry-after"] ?? "", /^[1-9][0-9]*$/);
}
