import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { createClient } from "../../client/index.js";
import { EventStreamReader } from "../support/event-stream.ts";
import { until } from "../support/until.ts";
import { startProxies } from "./four-proxies.ts";
import type { ProxyInFront } from "./program.ts";
import { TwoInstances } from "./two-instances.ts";

const NAMES = ["nginx", "haproxy", "caddy", "Vite's dev proxy"];
/** What each says while no instance is there: none of them is a problem of ours, and clients have to bear them. */
const AWAY: Readonly<Record<string, number>> = { nginx: 502, haproxy: 503, caddy: 503, "Vite's dev proxy": 502 };

/** The status, or what went wrong on the way; where it is a refusal of ours, its code. */
async function statusOf(url: string, cookie: string): Promise<number | string> {
  try {
    const answer = await fetch(url, { headers: { cookie } });
    const text = await answer.text();
    return answer.status < 400
      ? answer.status
      : `${answer.status} ${/"code":"([\w-]+)"/.exec(text)?.[1] ?? text.slice(0, 80)}`;
  } catch (error) {
    return String((error as Error).cause ?? error);
  }
}

describe("behind real proxies, two instances on one Redis", () => {
  let instances: TwoInstances;
  let proxies: ProxyInFront[] = [];

  before(async () => {
    instances = await TwoInstances.start({ DRAIN_LEAD_MS: "1500" });
    proxies = await startProxies(instances.ports);
    await until(async () => {
      const answers = await Promise.all(proxies.map(({ url }) => fetch(`${url}/readyz`)));
      return answers.every(({ status }) => status === 200);
    }, 5_000);
  });
  after(async () => {
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await instances?.close();
  });

  const named = (name: string): ProxyInFront => {
    const proxy = proxies.find((one) => one.name === name);
    assert.ok(proxy);
    return proxy;
  };

  const cookies = new Map<string, string>();
  /** As a page sends it that the browser has loaded through the proxy. */
  async function cookieBehind({ name, url }: ProxyInFront): Promise<string> {
    const known = cookies.get(name);
    if (known !== undefined) return known;
    const agentId = String(20_001 + NAMES.indexOf(name));
    const answer = await fetch(`${url}/session`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-csrf": "1",
        origin: url,
        "sec-fetch-site": "same-origin",
        "sec-fetch-mode": "cors",
      },
      body: JSON.stringify({ agentId, password: `secret-${agentId}`, phoneNumber: "40038", delivery: "cookie" }),
    });
    const text = await answer.text();
    assert.equal(answer.status, 201, text);
    const cookie = answer.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    assert.match(cookie, /^__Host-session=./);
    cookies.set(name, cookie);
    return cookie;
  }

  for (const name of NAMES) {
    describe(name, () => {
      test("signs a browser in by cookie, and brings the list and its 304", async () => {
        const proxy = named(name);
        const cookie = await cookieBehind(proxy);
        const answer = await fetch(`${proxy.url}/conferences`, { headers: { cookie } });
        assert.equal(answer.status, 200);
        assert.ok(Array.isArray(((await answer.json()) as { conferences: unknown }).conferences));
        const etag = answer.headers.get("etag") ?? "";
        const again = await fetch(`${proxy.url}/conferences`, { headers: { cookie, "if-none-match": etag } });
        assert.equal(again.status, 304);
      });

      test("passes each event of a stream on at once", async (context) => {
        const proxy = named(name);
        const cookie = await cookieBehind(proxy);
        const began = performance.now();
        const stream = await EventStreamReader.open(`${proxy.url}/conferences/stream`, { cookie });
        try {
          await stream.next("conferences");
          const firstMs = performance.now() - began;
          await stream.nextAlive();
          const { data } = await stream.nextAlive(7_000);
          const lateMs = Date.now() - Date.parse((data as { at: string }).at);
          context.diagnostic(`first event after ${Math.round(firstMs)} ms, alive ${lateMs} ms late`);
          assert.ok(firstMs < 1_500 && lateMs < 500);
          assert.match(String(stream.headers["cache-control"]), /no-transform/);
        } finally {
          stream.close();
        }
      });

      test("shows board, interface and problems below a path, with everything that they load", async () => {
        const { url } = named(name);
        for (const path of ["/bff/", "/bff/docs", "/bff/problems", "/bff/problems/csrf"]) {
          const answer = await fetch(url + path, { headers: { accept: "text/html" } });
          assert.equal(answer.status, 200, path);
          assert.match(answer.headers.get("content-type") ?? "", /^text\/html/);
          const page = await answer.text();
          const links = [...page.matchAll(/(?:src|href)="([^"#]+)"/g)].map(
            ([, link]) => new URL(String(link), url + path),
          );
          assert.ok(links.length > 1, path);
          for (const link of new Map(links.map((one) => [one.href, one])).values()) {
            assert.match(link.pathname, /^\/bff\//, `${path}: ${link}`);
            assert.equal((await fetch(link)).status, 200, link.href);
          }
        }
      });

      test("loses no request while one of two instances drains and another takes its place", async (context) => {
        const proxy = named(name);
        if (!proxy.balances) {
          context.diagnostic("has one instance alone, so that a drain is a restart");
          return;
        }
        const cookie = await cookieBehind(proxy);
        const answers = new Map<number | string, number>();
        const load = new AbortController();
        const clients = [1, 2, 3, 4].map(async () => {
          while (!load.signal.aborted) {
            const answer = await statusOf(`${proxy.url}/conferences`, cookie);
            answers.set(answer, (answers.get(answer) ?? 0) + 1);
            await wait(5);
          }
        });
        await wait(200);
        await instances.stop(instances.ports[1]);
        await wait(500);
        await instances.start(instances.ports[1]);
        await wait(500);
        load.abort();
        await Promise.all(clients);
        context.diagnostic(`${answers.get(200)} requests, all of them answered`);
        assert.deepEqual([...answers.keys()], [200]);
        assert.ok((answers.get(200) ?? 0) > 100);
      });
    });
  }

  test("while no instance is there each says so in its own way, and a watch comes back by itself", async (context) => {
    const watched = await Promise.all(
      proxies.map(async (proxy) => {
        const client = createClient({ baseUrl: proxy.url, cookie: await cookieBehind(proxy) });
        const end = new AbortController();
        const seen: { ids: readonly string[] } = { ids: [] };
        const running = (async () => {
          for await (const update of client.watch({ signal: end.signal })) {
            if (update.type === "conferences") seen.ids = update.conferences.map(({ id }) => id);
          }
        })();
        return { proxy, seen, end, running };
      }),
    );
    await until(() => watched.every(({ seen }) => seen.ids.length > 0), 10_000);
    await instances.stopAll();
    await wait(1_000);
    for (const { proxy } of watched) {
      const { status } = await fetch(`${proxy.url}/livez`);
      context.diagnostic(`${proxy.name}: ${status} while no instance is there`);
      assert.equal(status, AWAY[proxy.name], proxy.name);
    }
    const began = performance.now();
    await instances.startAll();
    const { id } = instances.simulator.control.startConference();
    await Promise.all(
      watched.map(async ({ proxy, seen, end, running }) => {
        try {
          await until(
            () => seen.ids.includes(id),
            30_000,
            () => `${proxy.name} did not show it`,
          );
        } finally {
          end.abort();
        }
        context.diagnostic(
          `${proxy.name}: watched again ${Math.round(performance.now() - began)} ms after the start began`,
        );
        await running.catch(() => undefined);
      }),
    );
  });
});
