import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseSetGuid } from "../../src/gateway/identifiers.ts";

describe("Set-GUID", () => {
  test("gives everything after the first =, the node's suffix included", () => {
    assert.equal(
      parseSetGuid("JSESSIONID=279fe21d-0001-0002-0003-ab9e9dae20f5.AgentGateway0"),
      "279fe21d-0001-0002-0003-ab9e9dae20f5.AgentGateway0",
    );
    assert.equal(parseSetGuid("JSESSIONID=a=b==.AgentGateway1"), "a=b==.AgentGateway1");
  });

  test("may come without a name, with attributes as of a cookie, and with blanks around it", () => {
    assert.equal(parseSetGuid("abc.AgentGateway0"), "abc.AgentGateway0");
    assert.equal(parseSetGuid("JSESSIONID=abc.AgentGateway0; Path=/agentgateway; HttpOnly"), "abc.AgentGateway0");
    assert.equal(parseSetGuid(" JSESSIONID= abc.AgentGateway0 "), "abc.AgentGateway0");
  });

  test("is none when it is empty, too long or could not be sent back", () => {
    for (const header of [
      "",
      "JSESSIONID=",
      "JSESSIONID=;Path=/",
      "JSESSIONID=a b",
      "JSESSIONID=ü",
      "JSESSIONID=a\r\nb",
    ]) {
      assert.equal(parseSetGuid(header), null, header);
    }
    assert.equal(parseSetGuid(`JSESSIONID=${"x".repeat(512)}`)?.length, 512);
    assert.equal(parseSetGuid(`JSESSIONID=${"x".repeat(513)}`), null);
    assert.equal(parseSetGuid("JSESSIONID=a, JSESSIONID=b"), null);
  });

  test("of any text is none or what can stand in a header", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 600 }), (text) => {
        const guid = parseSetGuid(text);
        assert.ok(guid === null || /^[\x21-\x7e]{1,512}$/.test(guid));
      }),
    );
  });
});
