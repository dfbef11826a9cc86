import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Problem } from "../../src/problems.ts";
import { clearedSessionCookie, requestToken, sessionCookie } from "../../src/tokens/index.ts";
import { goodPayload, hmacToken, noon } from "./forge.ts";

const isInvalid = (error: unknown) => error instanceof Problem && error.code === "token-invalid";

suite("A request's token", () => {
  const token = hmacToken(goodPayload);

  test("comes from `Authorization: Bearer`, in any case", () => {
    for (const scheme of ["Bearer", "bearer", "BEARER", "bEaReR", "Bearer  "]) {
      assert.deepEqual(requestToken({ authorization: `${scheme} ${token}` }), { token, from: "header" });
    }
  });

  test("comes from the cookie when there is no `Authorization`", () => {
    for (const cookie of [
      `__Host-session=${token}`,
      `theme=dark; __Host-session=${token}; lang=zh`,
      `theme=dark;__Host-session=${token}`,
      `__Host-sessions=1; x__Host-session=2; __host-session=3; __Host-session=${token}`,
    ]) {
      assert.deepEqual(requestToken({ cookie }), { token, from: "cookie" });
    }
  });

  test("comes from the header when both are there", () => {
    const found = requestToken({ authorization: `Bearer ${token}`, cookie: "__Host-session=another" });
    assert.deepEqual(found, { token, from: "header" });
  });

  test("is missing when neither is there, or the cookie is empty or only resembles it", () => {
    const cookies = [undefined, "", "__Host-session", "__Host-session=", "session=x", `a=__Host-session; =${token}`];
    for (const cookie of cookies) {
      assert.equal(requestToken(cookie === undefined ? {} : { cookie }), null);
    }
  });

  test("comes from the cookie when `Authorization` is of another scheme, and is missing without one", () => {
    for (const authorization of ["", token, "Basic dXNlcjpwYXNz", `Bearer${token}`, `DPoP ${token}`]) {
      const cookie = `__Host-session=${token}`;
      assert.deepEqual(requestToken({ authorization, cookie }), { token, from: "cookie" }, authorization);
      assert.equal(requestToken({ authorization }), null, authorization);
    }
  });

  test("is invalid when `Authorization: Bearer` is not one token, and the cookie does not step in", () => {
    for (const authorization of [
      "Bearer",
      "Bearer ",
      `Bearer ${token} ${token}`,
      `Bearer ${token}, Bearer ${token}`,
      `Bearer "${token}"`,
      `Bearer token=${token}`,
      `Bearer\t${token}`,
    ]) {
      assert.throws(() => requestToken({ authorization, cookie: `__Host-session=${token}` }), isInvalid, authorization);
    }
  });

  test("is invalid when the cookie is there twice, even with the same value", () => {
    assert.throws(() => requestToken({ cookie: `__Host-session=${token}; __Host-session=${token}` }), isInvalid);
    assert.throws(() => requestToken({ cookie: `__Host-session=; __Host-session=${token}` }), isInvalid);
  });
});

suite("The session cookie", () => {
  test("is Secure, HttpOnly, SameSite=Strict, for the whole host, until the token expires", () => {
    const token = hmacToken(goodPayload);
    assert.equal(
      sessionCookie(token, noon + 90_999, noon),
      `__Host-session=${token}; Max-Age=90; Path=/; Secure; HttpOnly; SameSite=Strict`,
    );
    assert.match(sessionCookie(token, noon - 1, noon), /; Max-Age=0;/);
  });

  test("is taken back with the same attributes", () => {
    assert.equal(clearedSessionCookie(), "__Host-session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict");
  });

  test("cannot be made of a text that would bring attributes of its own", () => {
    for (const text of ["a; Domain=example.com", "a\r\nSet-Cookie: b=c", "", "a,b"]) {
      assert.throws(() => sessionCookie(text, noon + 1, noon), TypeError);
    }
  });

  test("is read back as it was written", () => {
    const token = hmacToken(goodPayload);
    const cookie = sessionCookie(token, noon + 1_000, noon).split(";")[0] ?? "";
    assert.deepEqual(requestToken({ cookie }), { token, from: "cookie" });
  });
});
