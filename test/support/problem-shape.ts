import assert from "node:assert/strict";
import { catalogue, isProblemCode } from "../../src/problems.ts";

export interface SeenAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

const always = ["type", "title", "status", "detail", "code", "requestId"];
const members = new Set([...always, "retcode", "errors", "check", "outcome", "cause"]);

/** What every failure has to be, whoever caused it and however: a known problem, whole, and not a mistake of ours. */
export function assertKnownProblem({ status, headers, text }: SeenAnswer): string {
  assert.match(headers["content-type"] ?? "", /^application\/problem\+json(;|$)/, text);
  const body = JSON.parse(text) as Record<string, unknown>;
  const { code } = body;
  assert.ok(typeof code === "string" && isProblemCode(code), `an unknown code: ${text}`);
  assert.notEqual(code, "internal-error", text);
  const { title, status: expected } = catalogue[code];
  assert.deepEqual([status, body.status, body.type, body.title], [expected, expected, `/problems/${code}`, title]);
  for (const name of Object.keys(body)) assert.ok(members.has(name), `${name} in ${text}`);
  assert.ok(typeof body.detail === "string" && body.detail.length > 0 && body.detail.length < 300, text);
  assert.match(String(body.requestId), /^[\w.-]{1,64}$/);
  assert.equal(body.requestId, headers["x-request-id"]);
  if (body.retcode !== undefined) assert.match(String(body.retcode), /^[A-Za-z0-9._-]{1,32}$/);
  if (body.errors !== undefined) {
    for (const error of body.errors as Record<string, unknown>[]) {
      assert.deepEqual(Object.keys(error).sort(), ["message", "path"]);
      assert.ok(typeof error.path === "string" && typeof error.message === "string" && error.message !== "");
    }
  }
  if (status === 401) assert.match(headers["www-authenticate"] ?? "", /^Bearer realm=/);
  if (status === 429 || status === 503) assert.match(headers["retry-after"] ?? "", /^[1-9][0-9]*$/);
  if (status === 405) assert.match(headers.allow ?? "", /[A-Z]/);
  return code;
}

/** What fetch brought, in the form in which it is looked at. */
export async function seen(answer: Response): Promise<SeenAnswer> {
  return { status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text() };
}
