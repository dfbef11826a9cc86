import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { assertKnownProblem, seen } from "../support/problem-shape.ts";
import { inspector, startPair } from "../support/service.ts";
import { until } from "../support/until.ts";
import { API, OidcIssuer, type SigningAlgorithm } from "./oidc-issuer.ts";

suite("With a real issuer, oidc-provider", () => {
  let issuer: OidcIssuer;
  let pair: Awaited<ReturnType<typeof startPair>>;
  before(async () => {
    issuer = await OidcIssuer.start("RS256");
    const { issuer: JWT_ISSUER, jwks_uri: JWT_JWKS_URL } = await issuer.discovered();
    pair = await startPair({
      simulator: { pollHoldMs: 200 },
      environment: {
        ...{ JWT_SECRET: "", TOKEN_SECRET: "", JWT_ISSUER, JWT_JWKS_URL, JWT_AUDIENCE: API },
        JWT_ALGORITHMS: "RS256,ES256,Ed25519",
      },
    });
  });
  after(async () => {
    await pair?.close();
    await issuer?.[Symbol.asyncDispose]();
  });

  const send = (token: string, path: string, init: RequestInit = {}) =>
    fetch(`${pair.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    });
  const signIn = (token: string) => send(token, "/session", { method: "POST", body: JSON.stringify(inspector) });
  const codeOf = async (answer: Promise<Response>) => assertKnownProblem(await seen(await answer));
  const browser = new Map<string, string>();

  test("who comes back from its sign-in signs the agent in, and a later token of the same session goes on", async () => {
    const first = await issuer.signIn(browser);
    assert.equal(await codeOf(send(first.access_token, "/conferences")), "session-not-found");
    assert.equal((await signIn(first.access_token)).status, 201);
    assert.equal((await send(first.access_token, "/conferences")).status, 200);
    const second = await issuer.signIn(browser);
    assert.notEqual(second.access_token, first.access_token);
    assert.equal(decodeJwt(second.access_token).sid, decodeJwt(first.access_token).sid);
    assert.equal((await send(second.access_token, "/conferences")).status, 200);
  });

  test("another browser of the same user has a session of its own, which joins the agent's", async () => {
    const { access_token: token } = await issuer.signIn(new Map());
    assert.equal(await codeOf(send(token, "/conferences")), "session-not-found");
    assert.equal((await signIn(token)).status, 201);
    assert.equal((await send(token, "/session", { method: "DELETE" })).status, 204);
  });

  test("its ID token is for the app and not for this service", async () => {
    const { id_token: token } = await issuer.signIn(browser);
    assert.equal(await codeOf(send(token, "/conferences")), "token-invalid");
    const line = JSON.parse(pair.logged.findLast((each) => each.includes("TOKEN_AUDIENCE")) ?? "{}");
    assert.deepEqual([line.iss, line.kid], [issuer.url, decodeProtectedHeader(token).kid]);
  });

  test("a backend's token opens /sessions by its scope, and no session", async () => {
    const token = await issuer.serviceToken("sessions:write");
    const listed = await send(token, "/sessions");
    assert.equal(listed.status, 200);
    const { sessions } = (await listed.json()) as { sessions: { subject: string }[] };
    assert.deepEqual(
      sessions.map(({ subject }) => subject),
      ["user-1"],
    );
    assert.equal(await codeOf(send(token, "/conferences")), "session-not-found");
    assert.equal(await codeOf(send(await issuer.serviceToken("conferences"), "/sessions")), "insufficient-scope");
  });

  for (const algorithm of ["Ed25519", "ES256"] as const satisfies SigningAlgorithm[]) {
    test(`its keys may change, to ${algorithm} too, and its users notice nothing`, async () => {
      const { access_token: old } = await issuer.signIn(browser);
      assert.equal((await send(old, "/conferences")).status, 200);
      await issuer.rotate(algorithm);
      assert.equal((await send(old, "/conferences")).status, 200);
      const { access_token: token } = await issuer.signIn(browser);
      assert.equal(decodeProtectedHeader(token).alg, algorithm);
      // Unknown keys ask once a second at most.
      await until(async () => (await send(token, "/conferences")).status === 200);
      assert.equal(await codeOf(send(old, "/conferences")), "token-invalid");
    });
  }

  test("while it is away its users stay in, and a token of a key that nobody knows is put off", async () => {
    const { access_token: token } = await issuer.signIn(browser);
    await issuer.rotate("RS256");
    const { access_token: next } = await issuer.signIn(new Map());
    await issuer[Symbol.asyncDispose]();
    assert.equal((await send(token, "/conferences")).status, 200);
    await until(async () => (await codeOf(send(next, "/conferences"))) === "keys-unavailable");
  });
});
