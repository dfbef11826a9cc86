import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import request from "supertest";
import { catalogue, problemCodes } from "../../src/problems.ts";
import { assertProblem } from "../support/device.ts";
import { openRawConnection } from "../support/raw-connection.ts";
import { startScriptedGateway } from "../support/scripted-gateway.ts";
import { startTestService, type TestService } from "../support/service.ts";

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
const PUBLIC_URL = "https://portal.example/bff";

describe("what a problem means", () => {
  let gateway: Awaited<ReturnType<typeof startScriptedGateway>>;
  let service: TestService;
  before(async () => {
    gateway = await startScriptedGateway();
    service = await startTestService(gateway.url, { environment: { PUBLIC_URL, BOARD: "off" } });
  });
  after(async () => {
    await service.close();
    await gateway.close();
  });

  const ask = (path: string, accept?: string) => {
    const asked = request(service.url).get(path);
    return accept === undefined ? asked : asked.set("Accept", accept);
  };

  test("is told for every code, without a token, and all of them in a list", async () => {
    const list = await ask("/problems");
    assert.match(list.headers["content-type"] ?? "", /^application\/json/);
    assert.deepEqual(
      list.body.problems.map(({ code }: { code: string }) => code),
      problemCodes,
    );
    for (const [place, code] of problemCodes.entries()) {
      const answer = await ask(`/problems/${code}`);
      assert.equal(answer.status, 200);
      const { status, title, help } = catalogue[code];
      const { retcodes, ...rest } = answer.body;
      assert.deepEqual(rest, { code, status, title, help });
      assert.ok(Array.isArray(retcodes));
      assert.deepEqual(list.body.problems[place], answer.body);
    }
    assert.deepEqual((await ask("/problems/session-expired")).body.retcodes, [
      "000-003",
      "105-005",
      "105-006",
      "105-007",
    ]);
    assertProblemAt(await ask("/problems/nothing"), "not-found");
    assertProblemAt(await ask("/problems/nothing", BROWSER), "not-found");
  });

  test("is a page for a browser, whose links work under any path", async () => {
    for (const path of ["/problems", ...problemCodes.map((code) => `/problems/${code}`)]) {
      const answer = await ask(path, BROWSER);
      assert.equal(answer.status, 200);
      assert.match(answer.headers["content-type"] ?? "", /^text\/html/);
      assert.match(answer.headers.vary ?? "", /\bAccept\b/);
      assert.match(answer.headers["content-security-policy"] ?? "", /^default-src 'none'; style-src 'self'/);
      assert.match(answer.text, /<html lang="en">[\s\S]*<title>[^<]+<\/title>[\s\S]*<h1>/);
      assert.doesNotMatch(answer.text, /<script|style=|undefined|\[object/);
      const links = [...answer.text.matchAll(/href="([^"]+)"/g)].map(([, link]) => String(link));
      for (const link of new Set(links)) {
        assert.ok(!/^\/|:/.test(link), link);
        const target = new URL(link, `http://a/bff${path}`);
        assert.match(target.pathname, /^\/bff\//);
        if (path === "/problems" || path === "/problems/csrf") {
          assert.equal((await ask(target.pathname.slice("/bff".length))).status, 200, link);
        }
      }
    }
    assert.match((await ask("/problems", BROWSER)).text, /gateway-timeout[\s\S]*504/);
  });

  test("is JSON for a program, and asked for again only when it has changed", async () => {
    for (const accept of ["*/*", "application/json", "application/json, text/html;q=0.9", "image/png"]) {
      const answer = await ask("/problems/csrf", accept);
      assert.match(answer.headers["content-type"] ?? "", /^application\/json/, accept);
      const again = await ask("/problems/csrf", accept).set("If-None-Match", answer.headers.etag ?? "");
      assert.equal(again.status, 304);
    }
    const page = await ask("/problems/csrf", BROWSER);
    assert.equal((await ask("/problems/csrf").set("If-None-Match", page.headers.etag ?? "")).status, 200);
  });

  test("stands where the type of every problem leads to, at the public address", async () => {
    for (const answer of [await ask("/nothing"), await ask("/conferences"), await ask("/")]) {
      assertProblemAt(answer, answer.body.code);
    }
    const connection = await openRawConnection(service.url);
    connection.send("nonsense\r\n\r\n");
    assert.match(await connection.all(2_000), /"type":"https:\/\/portal\.example\/bff\/problems\/invalid-request"/);
    const document = (await ask("/openapi.json")).body;
    assert.deepEqual(
      document.servers.map(({ url }: { url: string }) => url),
      [PUBLIC_URL],
    );
    const { value } = document.components.examples["not-found"];
    assert.equal(value.type, `${PUBLIC_URL}/problems/not-found`);
  });

  test("is relative where the public address is not known", async (context) => {
    const other = await startTestService(gateway.url);
    context.after(() => other.close());
    assertProblem(await request(other.url).get("/nothing"), 404, "not-found");
  });

  test("without the board there is nothing at `/`, and nothing leads to it", async () => {
    for (const path of ["/", "/board/board.js", "/board/icon.svg"]) assert.equal((await ask(path)).status, 404, path);
    assert.doesNotMatch((await ask("/docs")).text, /href="(?:board|\.\/)/);
    assert.equal((await ask("/openapi.json")).body.paths["/"], undefined);
  });
});

function assertProblemAt(answer: request.Response, code: string): void {
  assert.equal(answer.body.code, code);
  assert.equal(answer.body.type, `${PUBLIC_URL}/problems/${code}`);
}
