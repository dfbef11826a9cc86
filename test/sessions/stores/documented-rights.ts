import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const documented = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");

/** What docs/operations.md gives Redis' user: the rules of its `ACL SETUSER`, for the password PASSWORD. */
export function documentedRights(user: "bff" | "sentinel-bff"): string[] {
  const [, rules] = new RegExp(`\`ACL SETUSER ${user} (on [^\`]*)\``).exec(documented) ?? [];
  assert.ok(rules, `docs/operations.md has rights of ${user}`);
  return rules.split(/\s+/);
}
