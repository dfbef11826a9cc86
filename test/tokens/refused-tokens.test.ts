import assert from "node:assert/strict";
import { after, suite, test } from "node:test";
import { createTokenIssuer } from "../../src/tokens/index.ts";
import { assertKnownProblem, seen } from "../support/problem-shape.ts";
import { appSecret, appToken, ownSecret, startTestService } from "../support/service.ts";
import { hmacToken, part } from "./forge.ts";

const service = await startTestService("http://127.0.0.1:9/agentgateway/resource", {
  environment: {
    JWT_ISSUER: "https://issuer.example/",
    JWT_AUDIENCE: "conferences",
    JWT_SESSION_CLAIM: "session.id",
    JWT_REQUIRED_CLAIMS: "token_use=access",
  },
});
after(() => service.close());

const soon = Math.floor(Date.now() / 1_000) + 600;
const good = {
  ...{ sub: "user-1", iss: "https://issuer.example/", aud: "conferences", exp: soon },
  ...{ token_use: "access", session: { id: "s-1" } },
};
const signed = (claims: object, header: object = {}): string =>
  hmacToken({ ...good, ...claims }, { key: appSecret, header });

async function answered(token: string): Promise<{ readonly code: string; readonly detail: string }> {
  const answer = await seen(await fetch(`${service.url}/session`, { headers: { authorization: `Bearer ${token}` } }));
  return { code: assertKnownProblem(answer), detail: (JSON.parse(answer.text) as { detail: string }).detail };
}

const lastLine = (): Record<string, unknown> =>
  service.logged.map((line) => JSON.parse(line) as Record<string, unknown>).findLast(({ msg }) => msg === "request") ??
  {};

suite("A refused token", () => {
  const refused: readonly (readonly [string, string, object, RegExp])[] = [
    [
      "with another signature",
      `${signed({}, { kid: "k" }).slice(0, -4)}AAAA`,
      { cause: "TOKEN_SIGNATURE", kid: "k" },
      /signature/,
    ],
    [
      "with an algorithm that is not on the list",
      signed({}, { alg: "HS512" }),
      { cause: "TOKEN_ALGORITHM" },
      /JWT_ALGORITHMS/,
    ],
    [
      "of another issuer",
      signed({ iss: "https://other.example" }),
      { cause: "TOKEN_ISSUER", iss: "https://other.example" },
      /`iss`.*JWT_ISSUER/,
    ],
    ["for somebody else", signed({ aud: "billing" }), { cause: "TOKEN_AUDIENCE" }, /`aud`.*JWT_AUDIENCE/],
    ["that is not valid yet", signed({ nbf: soon }), { cause: "TOKEN_TIME" }, /`nbf`.*JWT_CLOCK_SKEW_MS/],
    ["that has expired", signed({ exp: soon - 700 }), { cause: "TOKEN_TIME" }, /expired/],
    ["without a subject", signed({ sub: undefined }), { cause: "TOKEN_CLAIM" }, /`sub`/],
    ["without an expiry", signed({ exp: undefined }), { cause: "TOKEN_CLAIM" }, /`exp`/],
    [
      "without a claim that is asked for",
      signed({ token_use: undefined }),
      { cause: "TOKEN_CLAIM" },
      /`token_use`.*JWT_REQUIRED_CLAIMS/,
    ],
    [
      "without the session's claim",
      signed({ session: undefined }),
      { cause: "TOKEN_CLAIM" },
      /`session\.id`.*JWT_SESSION_CLAIM/,
    ],
    ["made to sign somebody out", signed({}, { typ: "logout+jwt" }), { cause: "TOKEN_TYPE" }, /`typ`/],
    ["that proves a key", signed({}, { typ: "application/DPoP+JWT" }), { cause: "TOKEN_TYPE" }, /`typ`/],
    ["that reports an event", signed({}, { typ: "secevent+jwt" }), { cause: "TOKEN_TYPE" }, /`typ`/],
    ["that is none", "abc", { cause: "TOKEN_FORM", iss: undefined }, /signed JWT/],
    ["that is too long", "a".repeat(12_289), { cause: "TOKEN_LENGTH", iss: undefined }, /too long/],
  ];
  for (const [what, token, fields, detail] of refused) {
    test(`${what} is told so, and the log says which check it did not pass and where it says it comes from`, async () => {
      const answer = await answered(token);
      assert.match(answer.detail, detail);
      assert.doesNotMatch(answer.detail, /issuer\.example|other\.example|billing/);
      const line = lastLine();
      const expected: Record<string, unknown> = { iss: good.iss, ...fields, status: 401, problem: answer.code };
      assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, line[name]])), expected);
      for (const secret of [...token.split(".").slice(1), token].filter(({ length }) => length > 20)) {
        assert.ok(!service.logged.join().includes(secret));
      }
    });
  }

  test("is none whose type leaves open what it is for, or says access", async () => {
    for (const typ of [
      undefined,
      "JWT",
      "at+jwt",
      "application/at+jwt",
      "application/okta-internal-at+jwt",
      "Bearer",
      7,
    ]) {
      assert.equal((await answered(signed({}, { typ }))).code, "session-not-found", String(typ));
    }
  });

  test("has nothing of it in the log that is no short plain text", async () => {
    for (const odd of ["line\nbreak", "x".repeat(257), "ümlaut", "", 7, { a: 1 }]) {
      const token = `${part({ alg: "HS256", kid: odd })}.${part({ iss: odd })}.AAAA`;
      assert.equal((await answered(token)).code, "token-invalid");
      const { kid, iss } = lastLine();
      assert.deepEqual([kid, iss], [undefined, undefined], JSON.stringify(odd));
    }
  });

  test("of up to 12 KiB is read, with what else a request has in its head", async () => {
    const most = 9_155 - JSON.stringify({ ...good, padding: "" }).length;
    const padded = (length: number): string => signed({ padding: "x".repeat(length) });
    assert.equal(padded(most).length, 12 * 1024);
    assert.equal((await answered(padded(most))).code, "session-not-found");
    assert.equal((await answered(padded(most + 1))).code, "token-invalid");
  });
});

suite("Who signs in", () => {
  const signIn = async (authorization: string | undefined): Promise<string> => {
    const answer = await fetch(`${service.url}/session`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(authorization && { authorization }) },
      body: JSON.stringify({ agentId: "1201", password: "secret-1201", phoneNumber: "40038" }),
    });
    return assertKnownProblem(await seen(answer));
  };
  const own = (secret: string, expiresAt: number, more: object = {}): string =>
    createTokenIssuer(secret, { now: Date.now }).issue({ subject: "1201", sessionId: "old", expiresAt, ...more });

  test("with a dead token of our own in the header is signed in like one without it", async () => {
    // There is no gateway here: it was asked.
    assert.equal(await signIn(undefined), "gateway-unreachable");
    for (const token of [
      own(ownSecret, Date.now() - 1_000),
      own(ownSecret, Date.now() + 60_000),
      own("a-secret-of-ours-that-has-gone-out-of-the-list", Date.now() + 60_000),
      own(ownSecret, Date.now() + 60_000).replace(/\.[^.]+$/, ".AAAA"),
    ]) {
      assert.equal(await signIn(`Bearer ${token}`), "gateway-unreachable");
    }
  });

  test("with a token of the app's issuer that cannot be accepted is refused all the same", async () => {
    assert.equal(await signIn(`Bearer ${appToken({ exp: soon - 700 })}`), "token-expired");
    assert.equal(await signIn(`Bearer ${signed({ aud: "billing" })}`), "token-invalid");
    assert.equal(await signIn(`Bearer ${signed({ session: undefined })}`), "token-invalid");
    assert.equal(await signIn("Bearer abc"), "token-invalid");
  });
});
