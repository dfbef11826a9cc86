import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { type AgentId, parseAgentId } from "../../src/gateway/index.ts";
import { Log } from "../../src/log.ts";
import { Problem } from "../../src/problems.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** All code that may log: the floors keep `pino` in the log's own room, and this looks at every room all the same. */
const sources = readdirSync(new URL("../../src", import.meta.url), { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(?:ts|cjs)$/.test(name))
  .map((name) => read(`src/${name}`));

/** The last argument of a call whose arguments begin at `start`: brackets and commas in texts are none. */
function lastArgumentAt(code: string, start: number): string {
  let depth = 0;
  let from = start;
  for (const { 0: token, index } of code
    .slice(start)
    .matchAll(/"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|[()[\]{}]|,(?!\s*\))/g)) {
    if (token === "," && depth === 0) from = start + index + 1;
    if ("([{".includes(token)) depth++;
    if (")]}".includes(token) && depth-- === 0) return code.slice(from, start + index);
  }
  throw new Error("a call without an end");
}

/** The beginnings of texts up to what is put in; those of a table where one of its texts is taken. */
function textsIn(code: string, argument: string): string[] {
  const literals = (from: string): string[] =>
    [...from.matchAll(/"((?:[^"\\]|\\.)+)"|`((?:[^`\\]|\\.)+)`/g)].map(([, plain, made]) => plain ?? made ?? "");
  const chosen = [...argument.matchAll(/\b(\w+)\[\w+\]/g)].flatMap(([, name]) => {
    const table = new RegExp(`const ${name}\\b[^=]*= \\{(.*?)\\n\\};`, "s").exec(code)?.[1] ?? "";
    return literals(table.replaceAll(/"[^"\n]*":/g, ""));
  });
  const own = literals(argument);
  if (own.length === 0) return chosen;
  return own.flatMap((text) => {
    const [before = text] = text.split("${");
    return /\$\{\w+\[\w+\]\}$/.test(text) ? chosen.map((end) => before + end) : [before];
  });
}

test("every text that the code has for a line is on the page", () => {
  const page = read("docs/log-lines.md");
  const texts: string[] = [];
  const unseen: string[] = [];
  for (const code of sources)
    for (const { index, 0: call } of code.matchAll(/\.(?:trace|debug|info|warn|error|fatal)\(/g)) {
      const given = lastArgumentAt(code, index + call.length);
      const found = textsIn(code, given);
      if (found.length === 0) unseen.push(given);
      texts.push(...found);
    }
  // A configuration's warnings are sentences of its own, told as they are.
  assert.deepEqual(unseen, ["text"]);
  assert.ok(texts.length >= 50, String(texts.length));
  assert.deepEqual(
    texts.filter((text) => !page.includes(text)),
    [],
  );
});

test("nothing but the log writes to standard output", () => {
  const writers = sources.filter((code) =>
    /console\.\w+\(|process\.stdout|\bpino\.destination|process\.emitWarning/.test(
      code.replaceAll(/'[^'\n]*'|`[^`]*`/g, ""),
    ),
  );
  assert.deepEqual(writers, [read("src/log/output.ts")]);
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

test("a Guid that cannot be sent back is told once a minute as long as such come, whoever's agent it is", () => {
  const lines: { msg: string; agentId: string }[] = [];
  let now = 0;
  const log = new Log("info", { write: (text: string) => void lines.push(JSON.parse(text)) }, () => now);
  const agentIds = ["1201", "1202", "1203"].map((text) => parseAgentId(text, 1_999) as AgentId);
  for (now = 0; now < 120_000; now += 500) for (const agentId of agentIds) log.guidIgnored(agentId);
  assert.deepEqual(
    lines.map(({ msg, agentId }) => [msg, agentId]),
    [
      ["a Set-GUID that cannot be sent back was ignored", "1201"],
      ["a Set-GUID that cannot be sent back was ignored", "1201"],
    ],
  );
});
