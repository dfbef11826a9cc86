import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fault } from "../../src/gateway/fault.ts";
import { Refusal } from "../../src/gateway/refusal.ts";
import { retryDelay } from "../../src/gateway/retry-delay.ts";
import { TransportFailure } from "../../src/gateway/transport/failure.ts";

const reset = new TransportFailure("unreached", "ECONNRESET");
const refusal = (retry: boolean): Refusal =>
  new Refusal("000-004", { status: 503, problem: "gateway-switching-over", effect: "none", retry });

describe("a read", () => {
  test("is tried again after a reset before any answer, soon and spread", () => {
    assert.equal(retryDelay(reset, 1, 5_000, 0), 0);
    assert.equal(retryDelay(reset, 1, 5_000, 0.5), 12.5);
    assert.equal(retryDelay(new TransportFailure("unreached", "EPIPE"), 1, 5_000, 0), 0);
  });

  test("is tried again after a retcode whose row says so, after a moment", () => {
    assert.equal(retryDelay(refusal(true), 1, 5_000, 0), 100);
    assert.equal(retryDelay(refusal(true), 1, 5_000, 0.5), 200);
    assert.equal(retryDelay(refusal(false), 1, 5_000, 0), null);
  });

  test("is never tried a third time", () => {
    assert.equal(retryDelay(reset, 2, 5_000, 0), null);
    assert.equal(retryDelay(refusal(true), 2, 5_000, 0), null);
  });

  test("is not tried again when the deadline leaves no time for it", () => {
    assert.equal(retryDelay(reset, 1, 19, 0), null);
    assert.equal(retryDelay(reset, 1, 20, 0), 0);
    assert.equal(retryDelay(refusal(true), 1, 119, 0), null);
  });

  test("is not tried again when an answer had begun, time was up, nobody listens or its client left", () => {
    for (const error of [
      new TransportFailure("cut-off", "ECONNRESET"),
      new TransportFailure("timeout", "TIMEOUT"),
      new TransportFailure("too-large", "TOO_LARGE"),
      new TransportFailure("unreached", "ECONNREFUSED"),
      new TransportFailure("unreached", "ENOTFOUND"),
      new Fault("gateway-unavailable", "BREAKER_OPEN"),
      new DOMException("gone", "AbortError"),
    ]) {
      assert.equal(retryDelay(error, 1, 5_000, 0), null, String(error));
    }
  });
});
