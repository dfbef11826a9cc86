import assert from "node:assert/strict";
import { test } from "node:test";
import { problemCodes } from "../../src/problems.ts";
import { startPair } from "../support/service.ts";

/** What a page fetches or leads to: `href` and `src` of its elements, as a browser resolves them. */
function linksOf(page: URL, html: string): URL[] {
  const found = html.matchAll(/<[a-z][^>]*\s(?:href|src)="([^"]*)"/g);
  return [...found].map(([, to = ""]) => new URL(to.replaceAll("&amp;", "&"), page));
}

test("every link of a page that the service shows leads somewhere, to a place that is on that page", async (t) => {
  const { url, close } = await startPair();
  t.after(close);
  const seen = new Map<string, Promise<{ status: number; html: string }>>();
  const get = (page: URL) => {
    const address = `${page.origin}${page.pathname}${page.search}`;
    const asked =
      seen.get(address) ??
      fetch(address, { headers: { accept: "text/html,*/*" } }).then(async (answer) => {
        const text = await answer.text();
        return { status: answer.status, html: /html/.test(answer.headers.get("content-type") ?? "") ? text : "" };
      });
    seen.set(address, asked);
    return asked;
  };
  const pages = ["/", "/docs", "/problems", ...problemCodes.map((code) => `/problems/${code}`)];
  const broken: string[] = [];
  let links = 0;
  for (const page of pages.map((path) => new URL(path, url))) {
    const { status, html } = await get(page);
    assert.equal(status, 200, page.pathname);
    assert.match(html, /^<!doctype html>/i, page.pathname);
    for (const to of linksOf(page, html)) {
      links += 1;
      if (to.origin !== page.origin) broken.push(`${page.pathname} leads to another host: ${to}`);
      const there = await get(to);
      const anchor = decodeURIComponent(to.hash.slice(1));
      if (there.status !== 200 || (anchor !== "" && !there.html.includes(` id="${anchor}"`)))
        broken.push(`${page.pathname}: ${to.pathname}${to.hash} (${there.status})`);
    }
  }
  assert.ok(links > 200, `${links} links`);
  assert.deepEqual(broken, []);
});
