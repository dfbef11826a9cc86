import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { howToGet, treeOf } from "../../support/earlier-tree.ts";

const folder = mkdtempSync(join(tmpdir(), "clones-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgSign=false"];
const git = (...args: readonly string[]): string =>
  execFileSync("git", [...who, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();

/** A repository of two commits, and the name of the first. */
function repository(): { readonly root: string; readonly first: string } {
  const root = join(folder, "full");
  git("init", "--quiet", root);
  const commit = (name: string): string => {
    writeFileSync(join(root, name), name);
    git("-C", root, "add", name);
    git("-C", root, "commit", "--quiet", "-m", name);
    return git("-C", root, "rev-parse", "HEAD");
  };
  const first = commit("first");
  commit("second");
  return { root, first };
}

test("a release's code comes from a shallow clone too, as long as it can be fetched; else it is said what to do", (t) => {
  const { root, first } = repository();
  const shallow = join(folder, "shallow");
  git("clone", "--quiet", "--depth=1", pathToFileURL(root).href, shallow);
  const cutOff = join(folder, "cut-off");
  git("clone", "--quiet", "--depth=1", pathToFileURL(root).href, cutOff);
  git("-C", cutOff, "remote", "remove", "origin");
  for (const clone of [root, shallow]) {
    const tree = treeOf(first, clone);
    t.after(() => tree?.remove());
    assert.ok(tree !== null, clone);
    assert.deepEqual([existsSync(join(tree.folder, "first")), existsSync(join(tree.folder, "second"))], [true, false]);
  }
  assert.equal(git("-C", shallow, "rev-list", "--count", "HEAD"), "1", "it stays as it was");
  assert.equal(git("-C", root, "rev-parse", "--is-shallow-repository"), "false");
  assert.equal(treeOf(first, cutOff), null);
  assert.equal(treeOf(first, folder), null, "no clone at all");
  assert.match(howToGet(first), /git fetch --unshallow/);
});
