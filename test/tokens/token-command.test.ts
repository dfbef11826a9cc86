import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { suite, test } from "node:test";
import { createTokenVerifier } from "../../src/tokens/index.ts";
import { compileCache } from "../support/compile-cache.ts";
import { ownSecret, service } from "./forge.ts";

const script = new URL("../../scripts/token.ts", import.meta.url).pathname;

/** In a directory without `.env`, with nothing in the environment but what is given. */
function run(args: readonly string[], environment: Record<string, string> = { TOKEN_SECRET: ownSecret }) {
  const options = { encoding: "utf8", env: { ...compileCache(), ...environment }, cwd: "/" } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], options);
  return { status, stdout, stderr };
}

suite("npm run token", () => {
  const verifier = createTokenVerifier({ app: null, ownSecrets: [ownSecret], ...service }, { now: Date.now });

  test("prints a token that the service accepts, and nothing else", async () => {
    const before = Date.now();
    const { status, stdout, stderr } = run(["--subject", "backend", "--scope", "sessions:write"]);
    assert.deepEqual([status, stderr], [0, ""]);
    assert.match(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const claims = await verifier.verify(stdout.trim());
    assert.deepEqual([claims.subject, claims.sessionId, [...claims.scopes]], ["backend", null, ["sessions:write"]]);
    assert.ok(Math.abs(claims.expiresAt - before - 3_600_000) < 30_000);
  });

  test("takes a session and how long the token lasts", async () => {
    const before = Date.now();
    const { stdout } = run(["--subject", "1201", "--sid", "device-1", "--expires-in", "2d"]);
    const claims = await verifier.verify(stdout.trim());
    assert.equal(claims.sessionId, "device-1");
    assert.ok(Math.abs(claims.expiresAt - before - 2 * 86_400_000) < 30_000);
  });

  test("exits with 78 and the variable's name without a usable secret", () => {
    for (const environment of [{}, { TOKEN_SECRET: "" }, { TOKEN_SECRET: "marked-and-short" }]) {
      const { status, stdout, stderr } = run(["--subject", "backend"], environment as Record<string, string>);
      assert.deepEqual([status, stdout], [78, ""]);
      assert.match(stderr, /TOKEN_SECRET/);
      assert.doesNotMatch(stderr, /marked-and-short|\n\s+at /);
    }
  });

  test("explains itself when it is called wrongly", () => {
    const calls = [[], ["--subject", ""], ["--subject", "a", "--expires-in", "soon"], ["--subject", "a", "--oops"]];
    for (const args of calls) {
      const { status, stdout, stderr } = run(args);
      assert.deepEqual([status, stdout], [64, ""]);
      assert.match(stderr, /Usage: npm run -s token/);
      assert.doesNotMatch(stderr, /\n\s+at /);
    }
  });

  test("shows its usage on --help", () => {
    const { status, stdout } = run(["--help"], {});
    assert.equal(status, 0);
    assert.match(stdout, /--subject/);
  });
});
