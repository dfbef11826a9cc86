import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import type { Finding } from "../scripts/admin/site-check.ts";
import { startRedis } from "../scripts/fleet/redis.ts";
import { compileCache } from "./support/compile-cache.ts";
import { appToken, inspector, ownSecret, startPair, type TestService } from "./support/service.ts";

const script = new URL("../scripts/admin.ts", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "admin-"));
after(() => rmSync(folder, { recursive: true }));

/** In a directory without `.env`, with nothing in the environment but what is given. */
async function admin(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...compileCache(), ...environment },
    cwd: folder,
    timeout: 60_000,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { status, stdout, stderr };
}

suite("npm run admin, against a running service", () => {
  let pair: Awaited<ReturnType<typeof startPair>> & TestService;
  const secret = { TOKEN_SECRET: ownSecret };
  before(async () => {
    pair = await startPair();
    for (const sid of ["phone", "desk"])
      await fetch(`${pair.url}/session`, {
        method: "POST",
        headers: { authorization: `Bearer ${appToken({ sid, sub: "user-1" })}`, "content-type": "application/json" },
        body: JSON.stringify(inspector),
      }).then((answer) => assert.equal(answer.status, 201));
  });
  after(() => pair.close());

  test("lists the agents with their last poll and who holds them", async () => {
    const { status, stdout, stderr } = await admin(["agents", "--url", pair.url], secret);
    assert.deepEqual([status, stderr], [0, ""]);
    assert.match(
      stdout,
      /^agentId +keepAlive +state +lastPollAt +heldBy +sessions\n1201 +managed +active .* 2\n1 agents\n$/,
    );
  });

  test("lists the sessions, as JSON for programs, with nothing secret in it", async () => {
    const { stdout } = await admin(["sessions", "--agent", "1201", "--json", "--url", `${pair.url}/`], secret);
    const sessions = JSON.parse(stdout) as Record<string, unknown>[];
    assert.deepEqual(sessions.map(({ sessionId }) => sessionId).toSorted(), ["desk", "phone"]);
    assert.deepEqual(new Set(sessions.map(({ issuer, subject }) => `${issuer} ${subject}`)), new Set(["app user-1"]));
    assert.doesNotMatch(stdout, /guid|cookie/i);
  });

  test("revokes one session, then all of a subject", async () => {
    const left = async () =>
      (JSON.parse((await admin(["sessions", "--json", "--url", pair.url], secret)).stdout) as []).length;
    const revoke = async (...args: readonly string[]) =>
      (await admin(["revoke", ...args, "--url", pair.url], secret)).stdout;
    assert.equal(await revoke("desk"), "revoked 1\n");
    assert.equal(await left(), 1);
    assert.equal(await revoke("desk"), "nothing to revoke: no session of that name is bound\n");
    assert.equal(await revoke("--subject", "user-1", "--issuer", "app"), "revoked 1\n");
    assert.equal(await left(), 0);
    assert.equal(await revoke("--subject", "user-1"), "nothing to revoke: no session of that subject is bound\n");
  });

  test("says in the service's own words why it may not, and never the token", async () => {
    const file = join(folder, "token");
    writeFileSync(file, `${appToken({ sub: "nobody" })}\n`);
    const { status, stdout, stderr } = await admin(["agents", "--url", pair.url, "--token-file", file]);
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(stderr, /^insufficient-scope: .*\n$/);
    assert.doesNotMatch(stderr, /eyJ/);
  });

  test("says that nobody answers, that a page answers, and that it has no secret", async () => {
    const page = createServer((_request, response) => response.writeHead(404).end("<h1>not here</h1>"));
    await new Promise<void>((resolve) => void page.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
    assert.match(
      (await admin(["agents", "--url", url], secret)).stderr,
      /answers 404, and not as this service does\n$/,
    );
    page.close();
    assert.match((await admin(["agents", "--url", url], secret)).stderr, /does not answer \(ECONNREFUSED\)/);
    const without = await admin(["agents", "--url", url]);
    assert.equal(without.status, 78);
    assert.match(without.stderr, /TOKEN_SECRET/);
  });

  test("takes no answer of somebody else for an empty list", async (t) => {
    const other = createServer(({ url }, response) =>
      response.end(url?.startsWith("/page") ? "<h1>welcome</h1>" : "{}"),
    );
    t.after(() => other.close());
    await new Promise<void>((resolve) => void other.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    for (const base of [url, `${url}/page`]) {
      const { status, stdout, stderr } = await admin(["agents", "--url", base], secret);
      assert.deepEqual([status, stdout, stderr], [1, "", `${base} answers 200, and not as this service does\n`]);
    }
  });

  test("says which word of the call the service does not take", async () => {
    const { status, stderr } = await admin(["sessions", "--agent", "abc", "--url", pair.url], secret);
    assert.equal(status, 1);
    assert.match(stderr, /^invalid-request: .*agentId/);
  });

  test("explains itself when it is called wrongly", async () => {
    const twoLines = join(folder, "two-lines");
    writeFileSync(twoLines, "a\nb\n");
    const calls = [
      ...[[], ["fix"], ["revoke"], ["revoke", "a", "--subject", "b"], ["--oops"], ["agents", "--token-file", twoLines]],
      // A list that was asked for one agent would show all of them; a revocation would say that there was nothing.
      ...[
        ["agents", "--agent", "1201"],
        ["revoke", "a", "--agent", "1201"],
      ],
    ];
    for (const { status, stderr } of await Promise.all(calls.map((args) => admin(args, secret)))) {
      assert.equal(status, 64, stderr);
      assert.match(stderr, /Usage: npm run -s admin/);
    }
  });

  test("check finds a site that is well, and what is doubtful about it", async () => {
    const { status, findings } = await checked({ GATEWAY_URL: pair.simulator.url, TOKEN_SECRET: ownSecret });
    assert.equal(status, 0);
    assert.deepEqual(
      findings.map(({ what, verdict }) => `${what} ${verdict}`),
      ["configuration well", "gateway well", "certificate doubtful", "issuer well", "store well"],
    );
  });
});

async function checked(environment: Readonly<Record<string, string>>) {
  const { status, stdout } = await admin(["check", "--json"], environment);
  return { status, stdout, findings: JSON.parse(stdout) as Finding[] };
}

suite("npm run admin -- check, on a site where something is wrong", () => {
  const keys = { SESSION_KEYS: Buffer.alloc(32, 7).toString("base64"), TOKEN_SECRET: ownSecret };
  const nobody = "http://127.0.0.1:9/agentgateway/resource";

  test("names every mistake of the configuration", async () => {
    const { status, findings } = await checked({ PORT: "many" });
    assert.equal(status, 78);
    assert.ok(findings.some(({ says }) => says.startsWith("GATEWAY_URL ")));
    assert.ok(findings.some(({ says }) => says.startsWith("PORT ")));
    assert.ok(findings.every(({ verdict }) => verdict === "wrong"));
  });

  test("tells an sqlite path that no start would take, as the start does, and changes nothing", async () => {
    const data = mkdtempSync(join(folder, "data-"));
    writeFileSync(join(data, "notes"), "these are notes, and no sessions");
    writeFileSync(join(data, "s.db.token-secret"), "short");
    const store = async (path: string) => {
      const { status, findings } = await checked({ GATEWAY_URL: nobody, SESSION_STORE_URL: `sqlite:${path}` });
      assert.equal(status, 1);
      return findings.filter(({ verdict }) => verdict === "wrong").map(({ what, says }) => `${what} ${says}`);
    };
    assert.match((await store(data)).join("\n"), /^store SESSION_STORE_URL: \S+: \S+ is a folder, and not a file$/m);
    assert.match((await store(join(data, "notes"))).join("\n"), /^store .*file is not a database$/m);
    assert.match((await store(join(data, "notes", "s.db"))).join("\n"), /^store .*notes is a file, and not a folder$/m);
    assert.match((await store(join(data, "s.db"))).join("\n"), /^issuer .*s\.db\.token-secret has to hold secrets/m);
    assert.deepEqual(readdirSync(data).toSorted(), ["notes", "s.db.token-secret"]);
  });

  test("tells of gateway, issuer and Redis, each by itself, when none answers", async () => {
    const { status, findings } = await checked({
      GATEWAY_URL: nobody,
      JWT_JWKS_URL: "http://127.0.0.1:8/keys",
      JWT_ALGORITHMS: "RS256",
      SESSION_STORE_URL: "redis://127.0.0.1:9",
      ...keys,
    });
    assert.equal(status, 1);
    for (const what of ["gateway", "issuer", "store"])
      assert.match(findings.find((finding) => finding.what === what)?.says ?? "", /^ECONNREFUSED/, what);
  });

  test("tells a Redis that takes no writes, and one whose clock agrees", async (t) => {
    const redis = await startRedis();
    t.after(() => redis.close());
    const environment = { GATEWAY_URL: nobody, SESSION_STORE_URL: redis.url, ...keys };
    const store = async () =>
      (await checked(environment)).findings.filter(({ what }) => ["store", "clock"].includes(what));
    assert.deepEqual(
      (await store()).map(({ what, verdict }) => `${what} ${verdict}`),
      ["store well", "clock well"],
    );
    const full = await startRedis(["maxmemory 1mb", "maxmemory-policy noeviction"]);
    t.after(() => full.close());
    const { findings } = await checked({ ...environment, SESSION_STORE_URL: full.url });
    assert.match(findings.find(({ what }) => what === "store")?.says ?? "", /OOM/);
  });
});
