import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Log } from "../../src/log.ts";
import { Problem } from "../../src/problems.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

test("every text that the log has for a line is on the page", () => {
  const page = read("docs/log-lines.md");
  const code = read("src/log.ts") + read("src/log/able-lines.ts");
  const calls = [...code.matchAll(/this\.#(?:pino|always)\.[a-z]+\([^;]*?["`]([^"`]{4,})["`],?\s*\);/g)];
  const texts = calls.map(([, text]) => (text ?? "").replace(/\$\{.*$/, ""));
  assert.ok(texts.length > 30, String(texts.length));
  assert.deepEqual(
    texts.filter((text) => !page.includes(text)),
    [],
  );
});

test("what a request came to is its line's level, and probes and scrapes that went well are not at `info`", () => {
  const lines: { level: number; route: string }[] = [];
  const log = new Log("debug", { write: (text: string) => void lines.push(JSON.parse(text)) });
  const request = (route: string, status: number, problem?: Problem) =>
    log.request({ requestId: "r", method: "GET", route, status, durationMs: 1, agentId: undefined }, problem);
  request("/conferences", 200);
  request("/conferences", 404, new Problem("conference-not-found"));
  request("/conferences", 503, new Problem("gateway-unavailable"));
  for (const route of ["/livez", "/readyz", "/metrics"]) request(route, 200);
  request("/readyz", 503, new Problem("session-store-unavailable"));
  assert.deepEqual(
    lines.map(({ level }) => level),
    [30, 30, 40, 20, 20, 20, 40],
  );
});
