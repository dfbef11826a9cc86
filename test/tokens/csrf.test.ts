import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Problem } from "../../src/problems.ts";
import { type BrowserRequest, refuseCookieThatStays, refuseCrossSite, type Sites } from "../../src/tokens/index.ts";

const sites: Sites = {
  listed: ["https://app.example", "http://localhost:5173", "capacitor://localhost"],
  publicOrigin: "https://portal.example",
};

const mark = { "x-csrf": "1" } as const;
const host = "bff.example";
const request = (headers: BrowserRequest["headers"], more: Partial<BrowserRequest> = {}): BrowserRequest => ({
  headers: { host, ...headers },
  ...more,
});

const accepted = (it: BrowserRequest) => assert.doesNotThrow(() => refuseCrossSite(it, sites));
const refused = (it: BrowserRequest) =>
  assert.throws(
    () => refuseCrossSite(it, sites),
    (error) => error instanceof Problem && error.code === "csrf" && error.status === 403,
    JSON.stringify(it),
  );

suite("A change that uses the session cookie", () => {
  test("is accepted from a page of this host", () => {
    accepted(request({ ...mark, "sec-fetch-site": "same-origin" }));
    accepted(request({ ...mark, origin: "https://bff.example" }));
    accepted(request({ ...mark, origin: "https://bff.example", "sec-fetch-site": "same-origin" }));
    accepted(request({ ...mark, origin: "http://bff.example" }));
  });

  test("is accepted from a page of this host on a port of its own, or the default one written out", () => {
    accepted(request({ ...mark, host: "localhost:3000", origin: "http://localhost:3000" }));
    accepted(request({ ...mark, host: "bff.example:443", origin: "https://bff.example" }));
    accepted(request({ ...mark, host: "[::1]:3000", origin: "http://[::1]:3000" }));
    accepted(request({ ...mark, host: "BFF.example", origin: "https://bff.example" }));
  });

  test("is accepted when the browser says that it is of this site, whatever a proxy has made of its host", () => {
    const sameOrigin = { ...mark, "sec-fetch-site": "same-origin" };
    for (const host of ["backend", "127.0.0.1:3000", "localhost:5173", undefined]) {
      accepted(request({ ...sameOrigin, host, origin: "https://elsewhere.example" }));
      accepted(request({ ...sameOrigin, host, origin: "null" }));
      accepted(request({ ...sameOrigin, host }));
    }
  });

  test("is accepted from where clients see this service, when the browser says no more", () => {
    const portal = { ...mark, host: "10.0.0.7:3000", origin: "https://portal.example" };
    accepted(request(portal));
    for (const site of ["cross-site", "same-site", "none", "", "same-origin, same-origin"]) {
      refused(request({ ...portal, "sec-fetch-site": site }));
    }
    for (const origin of [
      "http://portal.example",
      "https://portal.example:8443",
      "https://portal.example.evil.example",
    ]) {
      refused(request({ ...portal, origin }));
    }
  });

  test("is accepted from a page of the host that a trusted proxy tells", () => {
    accepted(request({ ...mark, host: "10.0.0.7:3000", origin: "https://bff.example" }, { host, protocol: "https" }));
    refused(request({ ...mark, host: "10.0.0.7:3000", origin: "https://bff.example" }));
  });

  test("is accepted from a listed origin, wherever the browser sees it", () => {
    for (const site of ["cross-site", "same-site", "same-origin", undefined]) {
      accepted(request({ ...mark, origin: "https://app.example", ...(site && { "sec-fetch-site": site }) }));
    }
  });

  test("is refused without `X-CSRF: 1`, from wherever it comes", () => {
    for (const value of [undefined, "", "0", "true", "1, 1", "01", " 1", ["1"]]) {
      refused(request({ "x-csrf": value, origin: "https://bff.example", "sec-fetch-site": "same-origin" }));
      refused(request({ "x-csrf": value, origin: "https://app.example" }));
    }
  });

  test("is refused from another site or origin", () => {
    for (const origin of [
      "https://evil.example",
      "https://app.example.evil.example",
      "https://evil.example/https://app.example",
      "https://APP.example",
      "https://app.example/",
      "https://app.example:8443",
      "http://app.example",
      "https://app.example, https://evil.example",
      "null",
      "",
      "https://",
      "bff.example",
      "//bff.example",
      "https://bff.example:8443",
      "https://user@bff.example",
      "https://bff.example/path",
      "ftp://bff.example",
      "file://",
    ]) {
      refused(request({ ...mark, origin }));
      refused(request({ ...mark, origin, "sec-fetch-site": "cross-site" }));
      refused(request({ ...mark, origin, "sec-fetch-site": "same-site" }));
    }
  });

  test("is refused when the browser contradicts an origin of this host", () => {
    for (const site of ["cross-site", "same-site", "none", "", "SAME-ORIGIN"]) {
      refused(request({ ...mark, origin: "https://bff.example", "sec-fetch-site": site }));
      refused(request({ ...mark, "sec-fetch-site": site }));
    }
  });

  test("is refused from the http page of a host that is known to be https", () => {
    refused(request({ ...mark, origin: "http://bff.example" }, { protocol: "https" }));
    accepted(request({ ...mark, origin: "https://bff.example" }, { protocol: "https" }));
    accepted(request({ ...mark, origin: "https://bff.example" }, { protocol: "http" }));
  });

  test("is refused when it does not say where it comes from", () => {
    refused(request({ ...mark }));
  });

  test("is refused when its own host cannot be told", () => {
    const noHost: BrowserRequest = { headers: { ...mark, origin: "https://bff.example" } };
    refused(noHost);
    for (const odd of [
      "",
      "evil@bff.example",
      "bff.example/",
      "bff.example#",
      "bff.example?",
      "a b",
      "bff.example:99999",
    ]) {
      refused(request({ ...mark, host: odd, origin: "https://bff.example" }));
    }
  });

  test("is never accepted from the origin `null`, even if somebody listed it", () => {
    assert.throws(() => refuseCrossSite(request({ ...mark, origin: "null" }), { ...sites, listed: ["null"] }), Problem);
  });
});

suite("A cookie that is asked for", () => {
  const given = (headers: BrowserRequest["headers"]) => () => refuseCookieThatStays(request(headers), sites);
  const refusal = (detail: RegExp) => (error: unknown) =>
    error instanceof Problem && error.code === "csrf" && detail.test(error.detail);

  test("is refused where the browser would never send it back, and the answer says why", () => {
    const crossSite = { origin: "https://app.example", "sec-fetch-site": "cross-site" };
    assert.throws(given(crossSite), refusal(/another site.*`delivery: "body"`/));
    for (const site of [undefined, "cross-site", "same-origin"]) {
      assert.throws(given({ origin: "capacitor://localhost", "sec-fetch-site": site }), refusal(/not http/));
    }
  });

  test("is given where it comes back, and where the browser does not say", () => {
    for (const headers of [
      { origin: "https://app.example" },
      { origin: "https://app.example", "sec-fetch-site": "same-site" },
      { origin: "https://app.example", "sec-fetch-site": "same-origin" },
      { "sec-fetch-site": "same-origin" },
      { origin: "https://bff.example" },
    ]) {
      assert.doesNotThrow(given(headers), JSON.stringify(headers));
    }
  });
});
