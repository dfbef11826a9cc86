import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { challenge } from "../../src/http/challenge.ts";
import { problemCodes } from "../../src/problems.ts";

suite("The challenge of a 401", () => {
  test("has no error code when there was no token, or when the token is not what is wrong", () => {
    for (const code of ["token-missing", "session-not-found", "wrong-credentials", "session-expired"] as const) {
      assert.equal(challenge(code), 'Bearer realm="conferences-bff"');
    }
  });

  test("names the error of a token", () => {
    assert.equal(
      challenge("token-expired"),
      'Bearer realm="conferences-bff", error="invalid_token", error_description="The token has expired"',
    );
    assert.match(challenge("token-invalid"), /error="invalid_token"/);
    assert.match(challenge("insufficient-scope"), /error="insufficient_scope"/);
  });

  test("is a header that can be sent, for every problem", () => {
    for (const code of problemCodes) {
      assert.match(
        challenge(code),
        /^Bearer realm="[\x20-\x21\x23-\x5b\x5d-\x7e]+"(, \w+="[\x20-\x21\x23-\x5b\x5d-\x7e]+")*$/,
      );
    }
  });
});
