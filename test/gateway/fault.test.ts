import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FaultCause, statusFault } from "../../src/gateway/fault.ts";
import { faultOf, TransportFailure } from "../../src/gateway/transport/failure.ts";

describe("what went wrong on the way to the gateway", () => {
  const cases = [
    ["unreached", "ECONNREFUSED", "gateway-unreachable"],
    ["unreached", "ECONNRESET", "gateway-unreachable"],
    ["unreached", "EPIPE", "gateway-unreachable"],
    ["unreached", "ENOTFOUND", "gateway-unreachable"],
    ["unreached", "EAI_AGAIN", "gateway-unreachable"],
    ["unreached", "EHOSTUNREACH", "gateway-unreachable"],
    ["unreached", "ETIMEDOUT", "gateway-unreachable"],
    ["unreached", "DEPTH_ZERO_SELF_SIGNED_CERT", "gateway-unreachable"],
    ["unreached", "ERR_TLS_CERT_ALTNAME_INVALID", "gateway-unreachable"],
    ["unreached", "CERT_HAS_EXPIRED", "gateway-unreachable"],
    ["unreached", "UNKNOWN", "gateway-unreachable"],
    ["not-http", "UND_ERR_HEADERS_OVERFLOW", "gateway-bad-response"],
    ["not-http", "UNKNOWN", "gateway-bad-response"],
    ["cut-off", "ECONNRESET", "gateway-bad-response"],
    ["cut-off", "UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "gateway-bad-response"],
    ["too-large", "TOO_LARGE", "gateway-bad-response"],
    ["timeout", "TIMEOUT", "gateway-timeout"],
  ] as const;
  for (const [kind, code, problem] of cases) {
    test(`${kind} with ${code} is ${problem}, with nothing but the code kept`, () => {
      const fault = faultOf(new TransportFailure(kind, code));
      assert.equal(fault.code, problem);
      assert.ok(fault.cause instanceof FaultCause);
      assert.equal(fault.cause.code, code);
      assert.deepEqual(
        Object.values(fault).filter((value) => typeof value === "object"),
        [],
      );
    });
  }

  test("only an answer of 2xx is worth reading", () => {
    assert.equal(statusFault(200, undefined), null);
    assert.equal(statusFault(299, undefined), null);
    for (const status of [199, 301, 302, 304, 400, 401, 403, 404, 405, 415, 429, 500, 502, 504]) {
      assert.equal(statusFault(status, undefined)?.code, "gateway-bad-response", String(status));
    }
  });

  test("503 is gateway-unavailable, with the gateway's own Retry-After up to a minute", () => {
    assert.equal(statusFault(503, undefined)?.code, "gateway-unavailable");
    assert.equal(statusFault(503, undefined)?.retryAfter, 2);
    assert.equal(statusFault(503, "7")?.retryAfter, 7);
    assert.equal(statusFault(503, "86400")?.retryAfter, 60);
    assert.equal(statusFault(503, "0")?.retryAfter, 2);
    assert.equal(statusFault(503, "Wed, 21 Oct 2015 07:28:00 GMT")?.retryAfter, 2);
  });
});
