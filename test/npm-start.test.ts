import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { type Simulator, startSimulator } from "../simulator/index.ts";
import { compileCache } from "./support/compile-cache.ts";
import { Device } from "./support/device.ts";
import { appSecret, inspector, serviceToken } from "./support/service.ts";
import { NotStarted, startServiceProcess } from "./support/service-process.ts";
import { until } from "./support/until.ts";

const root = join(import.meta.dirname, "..");
const { PATH = "" } = process.env;

let simulator: Simulator;
let directory: string;
before(async () => {
  simulator = await startSimulator();
  directory = mkdtempSync(join(tmpdir(), "conferences-bff-npm-"));
});
after(async () => {
  await simulator.close();
  rmSync(directory, { recursive: true, force: true });
});

const isRefused = (url: string): Promise<boolean> =>
  fetch(`${url}/livez`).then(
    () => false,
    () => true,
  );

/** Runs a script as people do, until it has said where it listens. */
async function npmRun(
  t: { after(end: () => void): void },
  args: readonly string[],
  environment: Record<string, string>,
  announced: RegExp,
): Promise<{ npm: ChildProcess; url: string; output: () => string }> {
  const npm = spawn("npm", ["run", ...args], {
    cwd: root,
    env: { PATH, HOME: directory, ...compileCache(), ...environment },
  });
  t.after(() => npm.kill("SIGKILL"));
  let output = "";
  npm.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  npm.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  await until(
    () => announced.test(output) || npm.exitCode !== null,
    30_000,
    () => output,
  );
  return { npm, url: announced.exec(output)?.[1] ?? "", output: () => output };
}

suite("npm start", () => {
  test("hands its SIGTERM on: the service lets go of agents, port and file, and another one may start", async (t) => {
    const environment = {
      GATEWAY_URL: simulator.url,
      SESSION_STORE_URL: `sqlite:${join(directory, "handed-on.db")}`,
      HOST: "127.0.0.1",
      PORT: "0",
      DRAIN_LEAD_MS: "100",
    };
    for (let start = 1; start <= 2; start++) {
      const { npm, url, output } = await npmRun(t, ["start"], environment, /"conferences-bff listens on ([^"]+)"/);
      assert.equal((await fetch(`${url}/livez`)).status, 200, output());
      const ended = once(npm, "exit");
      npm.kill("SIGTERM");
      await ended;
      await until(
        () => output().includes('"drained"'),
        10_000,
        () => output(),
      );
      assert.ok(await isRefused(url));
    }
  });

  test("says in one JSON line where it listens and what it goes by, at every level and without a secret", async () => {
    const service = await startServiceProcess(
      {
        GATEWAY_URL: simulator.url,
        TOKEN_SECRET: "mArKeD-the-secret-of-the-service-itself",
        JWT_JWKS_URL: "http://127.0.0.1:9/keys?mArKeD",
        JWT_ALGORITHMS: "RS256",
        HTTP_PROXY: "http://user:mArKeD@127.0.0.1:3128",
        NO_PROXY: new URL(simulator.url).host,
        SESSION_STORE_URL: "memory:",
        LOG_LEVEL: "silent",
      },
      directory,
    );
    await service.stop();
    const [line = "", ...others] = service.stdout().trim().split("\n");
    const { time: _, level: __, version, instance, ...banner } = JSON.parse(line) as Record<string, unknown>;
    assert.match(String(version), /^\d+\.\d+\.\d+$/);
    assert.match(String(instance), /^\S{8,}$/);
    assert.deepEqual(banner, {
      address: service.url,
      board: `${service.url}/`,
      store: "memory:",
      gateway: new URL(simulator.url).host,
      tokens: ["the app's issuer, by the key set of 127.0.0.1:9", "this service, by TOKEN_SECRET"],
      issuerProxy: "127.0.0.1:3128",
      msg: `conferences-bff listens on ${service.url}`,
    });
    assert.deepEqual(others, []);
    assert.doesNotMatch(service.stdout() + service.stderr(), /mArKeD/);
  });

  test("drains when its terminal goes too", async () => {
    const service = await startServiceProcess(
      { GATEWAY_URL: simulator.url, SESSION_STORE_URL: "memory:", JWT_SECRET: appSecret },
      directory,
    );
    process.kill(service.pid, "SIGHUP");
    await until(
      () => service.stdout().includes('"drained"'),
      10_000,
      () => service.stdout() + service.stderr(),
    );
    assert.match(service.stdout(), /"signal":"SIGHUP"/);
    await service.kill();
  });

  test("opens no debugger at a signal: it would show secrets to whoever may connect", async () => {
    const service = await startServiceProcess(
      { GATEWAY_URL: simulator.url, SESSION_STORE_URL: "memory:", JWT_SECRET: appSecret },
      directory,
    );
    process.kill(service.pid, "SIGUSR1");
    for (let asked = 0; asked < 10; asked++) assert.equal((await fetch(`${service.url}/livez`)).status, 200);
    assert.equal(await service.stop(), 0);
    assert.doesNotMatch(service.stderr(), /Debugger/);
  });

  test("says by which name `GET /agents` calls it", async () => {
    const service = await startServiceProcess(
      { GATEWAY_URL: simulator.url, SESSION_STORE_URL: "memory:", JWT_SECRET: appSecret, SHUTDOWN_GRACE_MS: "0" },
      directory,
    );
    const device = new Device(service.url);
    assert.equal((await device.signIn({ agentId: "1204", password: "secret-1204" })).status, 201);
    const headers = { authorization: `Bearer ${serviceToken()}` };
    const { agents } = (await (await fetch(`${service.url}/agents`, { headers })).json()) as { agents: object[] };
    const { instance } = JSON.parse(service.stdout().split("\n")[0] ?? "");
    assert.deepEqual(
      agents.map((agent) => ({ ...agent, lastPollAt: null })),
      [{ agentId: "1204", keepAlive: "managed", state: "active", lastPollAt: null, heldBy: instance, sessions: 1 }],
    );
    await service.stop();
  });

  test("warns when there is no gateway, and listens all the same", async () => {
    const page = await startSimulator();
    const wrong: readonly (readonly [url: string, cause: RegExp, hint: RegExp])[] = [
      ["http://127.0.0.1:9/agentgateway/resource", /ECONNREFUSED/, /cannot be reached/],
      ["http://nowhere.invalid/agentgateway/resource", /ENOTFOUND|EAI_AGAIN/, /cannot be reached/],
      [new URL("/elsewhere", page.url).href, /HTTP_404|NOT_JSON|NO_ENVELOPE/, /no agent gateway: see the path/],
    ];
    for (const [GATEWAY_URL, cause, hint] of wrong) {
      const service = await startServiceProcess(
        { GATEWAY_URL, SESSION_STORE_URL: "memory:", TOKEN_SECRET: "x".repeat(32) },
        directory,
      );
      await until(
        () => hint.test(service.stdout()),
        10_000,
        () => service.stdout(),
      );
      assert.equal((await fetch(`${service.url}/livez`)).status, 200);
      await service.stop();
      const [line = "{}"] = service
        .stdout()
        .split("\n")
        .filter((each) => hint.test(each));
      const told = JSON.parse(line) as { host: string; cause: string };
      assert.equal(told.host, new URL(GATEWAY_URL).host);
      assert.match(told.cause, cause);
    }
    await page.close();
  });
});

suite("With GATEWAY_URL alone", () => {
  test("the service makes a secret, keeps it for itself, and takes its tokens after a restart", async () => {
    const run = /^## Run it\n\n```sh\n([\s\S]*?)```/m.exec(readFileSync(join(root, "README.md"), "utf8"))?.[1] ?? "";
    assert.deepEqual(run.match(/\b[A-Z][A-Z_]+(?==)/g), ["GATEWAY_URL"], "README's Run block is this one variable");
    const home = mkdtempSync(join(directory, "alone-"));
    const start = () => startServiceProcess({ GATEWAY_URL: simulator.url }, home);
    const first = await start();
    const answer = await fetch(`${first.url}/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(inspector),
    });
    const { token } = (await answer.json()) as { token: string };
    assert.equal(answer.status, 201);
    const kept = join(home, "data/sessions.db.token-secret");
    assert.equal(statSync(kept).mode & 0o777, 0o600);
    assert.match(first.stdout(), /this service, by the secret kept in [^"]*sessions\.db\.token-secret/);
    const secret = readFileSync(kept, "utf8").trim();
    assert.ok(!(first.stdout() + first.stderr()).includes(secret));
    await first.kill();

    const second = await start();
    const authorization = { authorization: `Bearer ${token}` };
    assert.equal((await fetch(`${second.url}/conferences`, { headers: authorization })).status, 200);
    assert.equal(readFileSync(kept, "utf8").trim(), secret);

    const signed = spawnSync(
      process.execPath,
      [join(root, "scripts/token.ts"), "--subject", "b", "--scope", "sessions:write"],
      {
        cwd: home,
        env: { PATH, ...compileCache() },
        encoding: "utf8",
      },
    );
    const sessions = await fetch(`${second.url}/sessions`, {
      headers: { authorization: `Bearer ${signed.stdout.trim()}` },
    });
    assert.equal(sessions.status, 200, signed.stderr);

    // A new secret in front: the one before still opens what it signed.
    await second.stop();
    writeFileSync(kept, `${"n".repeat(32)}\n${secret}\n`);
    const third = await start();
    assert.equal((await fetch(`${third.url}/conferences`, { headers: authorization })).status, 200);
    await third.stop();
  });

  test("a start that fails writes nothing: not with an issuer that is meant, nor where the port is taken", async () => {
    const home = mkdtempSync(join(directory, "failing-"));
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const PORT = typeof address === "object" && address !== null ? String(address.port) : "";
    const failing: readonly (readonly [code: number, environment: Record<string, string>])[] = [
      [78, { JWT_SECERT: "x".repeat(32) }],
      [78, { JWT_SECRET: "" }],
      [78, { SESSION_STORE_URL: "memory:" }],
      [1, { PORT }],
      [1, { METRICS_PORT: PORT }],
    ];
    for (const [code, environment] of failing) {
      await assert.rejects(
        startServiceProcess({ GATEWAY_URL: simulator.url, ...environment }, home),
        (error) => error instanceof NotStarted && error.code === code && !/^ +at /m.test(error.output),
        JSON.stringify(environment),
      );
      assert.deepEqual(readdirSync(home), [], JSON.stringify(environment));
    }
    taken.close();
  });

  test("a second process on the same file makes no secret of its own", async () => {
    const home = mkdtempSync(join(directory, "second-"));
    const first = await startServiceProcess({ GATEWAY_URL: simulator.url }, home);
    const kept = join(home, "data/sessions.db.token-secret");
    const secret = readFileSync(kept, "utf8");
    await assert.rejects(startServiceProcess({ GATEWAY_URL: simulator.url }, home), /in use by another process/);
    assert.equal(readFileSync(kept, "utf8"), secret);
    await first.stop();
  });
});

test("npm run demo hands its SIGTERM on, and says when port 3000 is taken", async (t) => {
  const taken = createServer().listen(3000, "127.0.0.1");
  await Promise.race([once(taken, "listening"), once(taken, "error")]);
  t.after(() => taken.close());
  const { npm, url, output } = await npmRun(t, ["demo"], {}, /^service\s+(\S+)$/m);
  await until(
    () => output().includes("Ctrl-C"),
    20_000,
    () => output(),
  );
  assert.match(output(), /3000 is taken/);
  assert.doesNotMatch(output(), /"audit"/);
  const ended = once(npm, "exit");
  npm.kill("SIGTERM");
  await ended;
  assert.ok(await isRefused(url));
});

suite("An old Node", () => {
  test("is told so in two lines, before it reads anything that it cannot", () => {
    const guard = join(root, "src/before.cjs");
    const old = `Object.defineProperty(process.versions, "node", { value: "20.20.2" }); require(${JSON.stringify(guard)});`;
    const { status, stderr } = spawnSync(process.execPath, ["-e", `${old} console.log("went on")`], {
      encoding: "utf8",
    });
    assert.equal(status, 78);
    assert.match(stderr, /needs Node 24 or later, and this is Node 20\.20\.2/);
    assert.doesNotMatch(stderr, /^ +at /m);
    const now = spawnSync(process.execPath, ["--require", guard, "-e", "console.log('went on')"], { encoding: "utf8" });
    assert.deepEqual([now.status, now.stdout], [0, "went on\n"]);
  });

  test("is looked at by every script that people run", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const ofPeople = Object.keys(scripts).filter((name) => !/^(?:check|test|bench|docs|sbom)\b/.test(name));
    assert.ok(ofPeople.length >= 11, `${ofPeople}`);
    for (const name of ofPeople) assert.match(scripts[name] ?? "", /^exec node --require \.\/src\/before\.cjs /, name);
    for (const path of ["deploy/systemd/conferences-bff.service", "docs/operations.md"])
      assert.match(readFileSync(join(root, path), "utf8"), /node --require \S*src\/before\.cjs \S*src\/main\.ts/, path);
  });
});
