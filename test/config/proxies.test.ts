import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { least, load } from "./surroundings.ts";

const proxy = "http://proxy.example:3128";
const way = (environment: Record<string, string>) => load({ ...least, ...environment }).gateway.proxy;

suite("The proxy on the way out", () => {
  test("is that of the target's scheme, for gateway and issuer each", () => {
    const { gateway, tokens } = load({
      ...least,
      GATEWAY_URL: "http://gateway.example:8080",
      JWT_JWKS_URL: "https://issuer.example/keys",
      JWT_ALGORITHMS: "RS256",
      HTTPS_PROXY: proxy,
    });
    assert.equal(gateway.proxy, null);
    assert.equal(tokens.app?.keys.kind === "jwks" && tokens.app.keys.proxy, proxy);
    assert.equal(way({ HTTP_PROXY: proxy }), null, "the gateway is https");
  });

  test("is known by its lower-case name too, which wins", () => {
    assert.equal(way({ https_proxy: proxy }), proxy);
    assert.equal(way({ https_proxy: proxy, HTTPS_PROXY: "http://another.example" }), proxy);
    assert.equal(way({ HTTPS_PROXY: proxy, no_proxy: "gateway.example", NO_PROXY: "" }), null);
  });

  const hosts: readonly (readonly [noProxy: string, host: string, passed: boolean])[] = [
    ["gateway.example", "gateway.example", true],
    ["GATEWAY.example.", "gateway.example", true],
    ["example", "gateway.example", true],
    [".example", "gateway.example", true],
    ["*.example", "gateway.example", true],
    ["way.example", "gateway.example", false],
    ["gateway.example:8043", "gateway.example:8043", true],
    ["gateway.example:443", "gateway.example", true],
    ["gateway.example:8043", "gateway.example", false],
    ["a.example b.example,\tgateway.example", "gateway.example", true],
    ["*", "10.1.2.3", true],
    ["10.1.2.3", "10.1.2.3", true],
    ["10.0.0.0/8", "10.1.2.3", true],
    ["10.0.0.0/33", "10.1.2.3", false],
    ["2.3", "10.1.2.3", false],
    ["::1", "[::1]:8043", true],
    ["[::1]:8043", "[::1]:8043", true],
    ["[::1]:443", "[::1]:8043", false],
    ["fd00::/8", "[fd12::1]", true],
    ["10.0.0.0/8", "gateway.example", false],
  ];
  for (const [NO_PROXY, host, passed] of hosts) {
    test(`is ${passed ? "passed by" : "asked"} for ${host} with NO_PROXY ${NO_PROXY}`, () => {
      assert.equal(way({ GATEWAY_URL: `https://${host}`, HTTPS_PROXY: proxy, NO_PROXY }), passed ? null : proxy);
    });
  }
});
