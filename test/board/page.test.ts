import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startTestService, type TestService } from "../support/service.ts";

const folder = join(import.meta.dirname, "../../src/board/page");
const client = join(import.meta.dirname, "../../client");
const namesIn = (of: string) => readdirSync(of).filter((name) => /\.(?:js|css|svg)$/.test(name));

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
    assert.match(String(attributes), / src="board\//);
    assert.equal(text, "");
  }
});

/** Everything that the page may load, by its path, and where it is on the disk. */
const files = new Map([
  ...namesIn(folder).map((name) => [`/board/${name}`, join(folder, name)] as const),
  ...namesIn(client).map((name) => [`/board/client/${name}`, join(client, name)] as const),
]);

test("every file of the board is served with its type, as it is on the disk, and 304 when the browser has it", async () => {
  const types: Record<string, string> = { js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
  for (const [path, file] of files) {
    const response = await get(path);
    assert.equal(response.headers.get("content-type")?.split(";")[0], types[path.split(".").at(-1) ?? ""], path);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.equal(response.headers.get("cache-control"), "no-cache");
    assert.equal(await response.text(), readFileSync(file, "utf8"));
    const etag = response.headers.get("etag") ?? "";
    assert.equal((await get(path, { "if-none-match": etag })).status, 304, path);
  }
});

test("every file that the board names is there, and none on another host", async () => {
  const page = await (await get("/")).text();
  const named = new Set([...page.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, path]) => `/${path}`));
  for (const [path, file] of files) {
    if (!path.endsWith(".js")) continue;
    const text = readFileSync(file, "utf8").replaceAll(/^ *(?:\*|\/\*\*|\/\/).*$/gm, "");
    assert.ok(!/https?:\/\//.test(text), `${path} names another host`);
    for (const [, name] of text.matchAll(/(?:^import |^export |\} )(?:.* )?from "(\.[^"]+)"/gm)) {
      named.add(new URL(String(name), `http://host${path}`).pathname);
    }
  }
  for (const path of [...named]) {
    const response = await get(path);
    assert.equal(response.status, 200, path);
    if (!path.includes("/lit-html/")) continue;
    for (const [, name] of (await response.text()).matchAll(/from"(\.[^"]+)"/g)) {
      assert.equal((await get(new URL(String(name), `http://host${path}`).pathname)).status, 200, `${path}: ${name}`);
    }
  }
  assert.ok(named.has("/board/client/line.js") && named.has("/board/lit-html/directives/repeat.js"));
});

test("the page works under any path of a proxy: it names nothing from the root", async () => {
  const page = await (await get("/")).text();
  assert.deepEqual(
    [...page.matchAll(/(?:src|href|action)="\/[^"]*"/g)].map(([named]) => named),
    [],
  );
});

test("where the service issues no sessions itself the page knows so before a form is filled in", async () => {
  const text = async (environment: Record<string, string>) => {
    const other = await startTestService("http://127.0.0.1:9/agentgateway/resource", { environment });
    const page = await (await fetch(other.url)).text();
    await other.close();
    return page;
  };
  assert.match(await text({}), /data-sign-in="here"/);
  assert.match(await text({ TOKEN_SECRET: "" }), /data-sign-in="elsewhere"/);
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
