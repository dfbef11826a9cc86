import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import about from "../package.json" with { type: "json" };

const root = join(import.meta.dirname, "..");
const pages = globSync("**/*.md", { cwd: root, exclude: ["**/node_modules"] }).sort();
const textOf = (page: string): string => readFileSync(join(root, page), "utf8");

/** As GitHub makes them: words in lower case, a hyphen for each blank, a number for one that was there before. */
function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  const unfenced = textOf(page).replace(/^```[\s\S]*?^```/gm, "");
  for (const [, heading = ""] of unfenced.matchAll(/^#{1,6} (.+)$/gm)) {
    const name = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-");
    let anchor = name;
    for (let again = 1; anchors.has(anchor); again += 1) anchor = `${name}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** What a page refers to, code left out. */
function linksOf(page: string): string[] {
  const prose = textOf(page)
    .replace(/^```[\s\S]*?^```/gm, "")
    .replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)[^)]*\)/g)].map(([, to = ""]) => to);
}

test("every link of a page to another page, file or heading of this project leads there", () => {
  const broken = pages.flatMap((page) =>
    linksOf(page)
      .filter((to) => !/^[a-z]+:/.test(to))
      .filter((to) => {
        const [path = "", anchor] = to.split("#");
        const file = path === "" ? page : normalize(join(dirname(page), path));
        if (!existsSync(join(root, file))) return true;
        return anchor !== undefined && !anchorsOf(file).has(anchor);
      })
      .map((to) => `${page}: ${to}`),
  );
  assert.ok(pages.length > 20, `${pages.length} pages`);
  assert.deepEqual(broken, []);
});

test("every npm script that a page names is there, and none is on no page", () => {
  const named = new Map<string, string>();
  for (const page of pages) {
    for (const [, script = ""] of textOf(page).matchAll(/npm run (?:-s |--silent )?([\w:-]+)/g))
      named.set(script, page);
  }
  const scripts = Object.keys(about.scripts);
  assert.deepEqual(
    [...named].filter(([script]) => !scripts.includes(script)),
    [],
  );
  // `npm start` and `npm test` are named without `run`; the floors are a part of `npm run check`.
  assert.deepEqual(
    scripts.filter((script) => !named.has(script) && !["start", "test", "check:floors"].includes(script)),
    [],
  );
});
