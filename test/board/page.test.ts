import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startTestService, type TestService } from "../support/service.ts";

const folder = join(import.meta.dirname, "../../src/board/page");

let service: TestService;

before(async () => {
  service = await startTestService("http://127.0.0.1:9/agentgateway/resource");
});
after(() => service.close());

const get = (path: string, headers: Record<string, string> = {}) => fetch(service.url + path, { headers });

test("the board's page may load its own files only, run nothing inline and not be framed", async () => {
  const response = await get("/");
  assert.equal(
    response.headers.get("content-security-policy"),
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
      "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  );
  assert.equal(response.headers.get("x-frame-options"), "DENY");
  const page = await response.text();
  assert.ok(!/\sstyle=|\son\w+=|<style|javascript:/i.test(page));
  for (const [, attributes, text] of page.matchAll(/<script([^>]*)>([^<]*)/g)) {
    assert.match(String(attributes), / src="\/board\//);
    assert.equal(text, "");
  }
});

test("every file of the board is served with its type, as it is on the disk, and 304 when the browser has it", async () => {
  const types: Record<string, string> = { js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
  const names = readdirSync(folder).filter((name) => name !== "board.html");
  for (const name of names) {
    const response = await get(`/board/${name}`);
    assert.equal(response.headers.get("content-type")?.split(";")[0], types[name.split(".").at(-1) ?? ""], name);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.equal(response.headers.get("cache-control"), "no-cache");
    assert.equal(await response.text(), readFileSync(join(folder, name), "utf8"));
    const etag = response.headers.get("etag") ?? "";
    assert.equal((await get(`/board/${name}`, { "if-none-match": etag })).status, 304, name);
  }
});

test("every file that the board names is there, and none on another host", async () => {
  for (const name of readdirSync(folder)) {
    const text = readFileSync(join(folder, name), "utf8").replaceAll("http://www.w3.org/2000/svg", "");
    assert.ok(!/https?:\/\//.test(text), `${name} names another host`);
    const named = [...text.matchAll(/(?:src|href)="(\/[^"]+)"|from "\.(\/[^"]+)"/g)];
    for (const [, absolute, relative] of named) {
      const path = absolute ?? `/board${relative}`;
      assert.equal((await get(path)).status, 200, `${name} names ${path}`);
    }
  }
});

test("a file that the board does not have is not found, and nothing outside of it can be named", async () => {
  for (const path of ["/board/", "/board/none.js", "/board/board.html", "/board/..%2fboard.ts", "/board"]) {
    const response = await get(path);
    assert.equal(response.status, 404, path);
    assert.equal(((await response.json()) as { code: string }).code, "not-found");
  }
});

test("the page asks for a session only when the browser may have its cookie", async () => {
  const asks = async (headers: Record<string, string>) => (await (await get("/", headers)).text()).includes("perhaps");
  assert.equal(await asks({ "sec-fetch-site": "none" }), false);
  assert.equal(await asks({ "sec-fetch-site": "none", cookie: "__Host-session=x" }), true);
  assert.equal(await asks({ "sec-fetch-site": "cross-site" }), true, "a strict cookie does not come with a link");
  assert.equal(await asks({}), true, "an old browser or plain http says nothing");
  const { headers } = await get("/");
  assert.equal(headers.get("vary"), "Cookie, Sec-Fetch-Site");
});
