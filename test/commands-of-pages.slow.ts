import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { promisify } from "node:util";
import { startSimulator } from "../simulator/index.ts";
import { loadConfig } from "../src/config/index.ts";
import { runInFull } from "./support/commands-elsewhere.ts";
import { compileCache } from "./support/compile-cache.ts";
import { writtenCommands } from "./support/page-commands.ts";
import { appSecret, appToken, inspector, ownSecret, startPair } from "./support/service.ts";

const root = join(import.meta.dirname, "..");
const written = writtenCommands();
/** Those that were run here, to the letter but for addresses and folders. */
const ran = new Set<string>();

/** As a reader types it, which a page has to tell. */
function asWritten(command: string): string {
  assert.ok(written.has(command), `no page says: ${command}`);
  ran.add(command);
  return command;
}

const home = mkdtempSync(join(tmpdir(), "commands-"));
after(() => rmSync(home, { recursive: true, force: true }));

const { PATH = "" } = process.env;
const own = { PATH, HOME: home, ...compileCache(), TOKEN_SECRET: ownSecret, JWT_SECRET: appSecret };

async function shell(script: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const options = { cwd: root, env: { ...own, ...environment }, timeout: 60_000 };
  const { stdout } = await promisify(execFile)("bash", ["-euc", script], options);
  return stdout;
}

/** Something that goes on until it is told to end: what it says first, up to a pattern. */
async function begins<Result>(
  script: string,
  environment: Readonly<Record<string, string>>,
  announced: RegExp,
  use: (found: string, said: () => string) => Promise<Result>,
): Promise<Result> {
  const child = spawn("bash", ["-uc", script], { cwd: root, env: { ...own, ...environment }, detached: true });
  const killAtOurEnd = (): void => void child.kill("SIGKILL");
  process.once("exit", killAtOurEnd);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  const ended = once(child, "close");
  try {
    const deadline = performance.now() + 30_000;
    while (!announced.test(said)) {
      assert.ok(child.exitCode === null && performance.now() < deadline, `${script}:\n${said}`);
      await Promise.race([once(child.stdout, "data"), once(child.stderr, "data"), ended]);
    }
    return await use(announced.exec(said)?.[1] ?? "", () => said);
  } finally {
    // npm and what it has started: a group of their own.
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    await ended;
    process.off("exit", killAtOurEnd);
  }
}

suite("A command that a page tells its reader to type does what the page says", () => {
  let pair: Awaited<ReturnType<typeof startPair>>;
  before(async () => {
    pair = await startPair({ environment: { CONFERENCE_STREAM_INTERVAL_MS: "50" } });
    const answer = await fetch(`${pair.url}/session`, {
      method: "POST",
      headers: { authorization: `Bearer ${appToken({ sub: "user-1" })}`, "content-type": "application/json" },
      body: JSON.stringify({ ...inspector, agentId: "1204", password: "secret-1204" }),
    });
    assert.equal(answer.status, 201);
  });
  after(() => pair?.close());

  test("a service token is made, and lists the agents", async () => {
    asWritten("npm run -s token -- --subject portal --scope sessions:write");
    const script = [
      asWritten("service=$(npm run -s token -- --subject portal --scope sessions:write)"),
      asWritten('curl -sS http://127.0.0.1:3000/agents -H "Authorization: Bearer $service"'),
    ].join("\n");
    const { agents } = JSON.parse(await shell(script.replace("http://127.0.0.1:3000", pair.url)));
    assert.deepEqual(
      agents.map(({ agentId }: { agentId: string }) => agentId),
      ["1204"],
    );
  });

  test("the administrator's command checks, lists and revokes", async () => {
    const admin = (command: string) => shell(`${asWritten(command)} --url ${pair.url}`);
    assert.match(await admin("npm run -s admin -- agents"), /^1204 +managed +active .*\n1 agents$/m);
    assert.match(await admin("npm run -s admin -- sessions --subject user-1"), /user-1 .*\n1 sessions$/m);
    assert.equal(await admin("npm run -s admin -- revoke --subject user-1"), "revoked 1\n");
    const environment = { GATEWAY_URL: pair.simulator.url, SESSION_STORE_URL: `sqlite:${home}/checked.db` };
    const said = await shell(asWritten("npm run -s admin -- check"), environment);
    assert.match(said, /^gateway +well/m);
    assert.match(said, /^store +well/m);
  });

  test("the simulator is told what to do by curl", async (t) => {
    const simulator = await startSimulator();
    t.after(() => simulator.close());
    const ask = async (command: string) => {
      const text = await shell(asWritten(command).replace("localhost:8043/simulator", simulator.controlUrl));
      return text === "" ? null : JSON.parse(text);
    };
    const conference = await ask(
      `curl -X POST localhost:8043/simulator/conferences -d '{"participants":[{"address":"1254"}]}'`,
    );
    assert.match(String(conference.id), /^\d+$/);
    await ask(
      `curl -X POST localhost:8043/simulator/faults -d '{"kind":"retcode","retcode":"000-004","on":"queryvdnconfid","times":2}'`,
    );
    assert.equal(simulator.control.faults().length, 1);
    await ask("curl -X POST localhost:8043/simulator/rotate");
    assert.equal((await ask("curl localhost:8043/simulator/violations")).total, 0);
  });

  test("the simulator starts, with every option that is shown", async () => {
    const announced = /^Gateway simulator at (\S+),/m;
    const starts = (command: string, more: string) =>
      begins(`${asWritten(command)} ${more}`, {}, announced, async (url) => url);
    const [plain, tls, crowd, help] = await Promise.all([
      starts("npm run simulator", "-- --port 0"),
      starts("npm run simulator -- --tls", "--port 0"),
      starts("npm run simulator -- --time-scale 20 --agents 1000", "--port 0"),
      shell(asWritten("npm run simulator -- --help")),
    ]);
    assert.deepEqual(
      [plain, tls, crowd].map((url) => new URL(url).protocol),
      ["http:", "https:", "http:"],
    );
    assert.match(help, /--time-scale/);
  });

  test("the service starts, in every way that is shown", async () => {
    const simulators = "http://127.0.0.1:8043/agentgateway/resource";
    const examples = "https://gateway.example:8043/agentgateway/resource";
    const tracing = join(home, "tracing");
    mkdirSync(join(tracing, "node_modules/@opentelemetry/auto-instrumentations-node"), { recursive: true });
    // Stands for the package, which comes from a registry.
    writeFileSync(
      join(tracing, "node_modules/@opentelemetry/auto-instrumentations-node/package.json"),
      JSON.stringify({ name: "x", type: "module", exports: { "./register": "./register.js" } }),
    );
    writeFileSync(
      join(tracing, "node_modules/@opentelemetry/auto-instrumentations-node/register.js"),
      'if (!process.env.npm_command) throw new Error("not by npm");\nconsole.error("loaded for " + process.env.OTEL_SERVICE_NAME);\n',
    );
    await shell(
      asWritten(`echo 'import "@opentelemetry/auto-instrumentations-node/register";' > /opt/tracing/on.mjs`).replace(
        "/opt/tracing",
        tracing,
      ),
    );
    const environment = { HOST: "127.0.0.1", PORT: "0", SESSION_STORE_URL: "memory:", DRAIN_LEAD_MS: "0" };
    const starts = async (command: string, more: Readonly<Record<string, string>> = {}) => {
      const script = asWritten(command)
        .replace(simulators, pair.simulator.url)
        .replace(examples, pair.simulator.url)
        .replace("http://collector.example:4318", "http://127.0.0.1:9")
        .replace("/opt/tracing", tracing);
      return begins(script, { ...environment, ...more }, /conferences-bff listens on ([^"\s]+)/, async (url, said) => {
        assert.equal((await fetch(`${url}/readyz`)).status, 200);
        return { url, said: said() };
      });
    };
    const given = { GATEWAY_URL: pair.simulator.url };
    await Promise.all([
      starts(`GATEWAY_URL=${examples} npm start`),
      starts("npm start", given),
      starts("node --require ./src/before.cjs src/main.ts", given),
    ]);
    const [traced] = await Promise.all([
      starts(
        `OTEL_SERVICE_NAME=conferences-bff OTEL_EXPORTER_OTLP_ENDPOINT=http://collector.example:4318 OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none OTEL_NODE_ENABLED_INSTRUMENTATIONS=none GATEWAY_URL=${examples} npm start --node-options="--import /opt/tracing/on.mjs"`,
      ),
      starts(`GATEWAY_URL=${simulators} npm start`),
      starts(`AGENT_OPERATIONS=all GATEWAY_URL=${simulators} npm start`),
      starts('NODE_OPTIONS="--tls-min-v1.0 --tls-cipher-list=DEFAULT@SECLEVEL=0" npm start', given),
    ]);
    assert.match(traced.said, /^loaded for conferences-bff$/m);
  });

  test("an example takes a service that is there already", async () => {
    const script = asWritten("SERVICE_URL=https://portal.example/bff npm run example:script");
    await begins(script.replace("https://portal.example/bff", pair.url), {}, /^(-- live)$/m, async () => undefined);
  });

  test("a key is made that the service takes", async () => {
    const key = await shell(asWritten("openssl rand -base64 32"));
    const environment = { GATEWAY_URL: pair.simulator.url, SESSION_STORE_URL: "memory:", TOKEN_SECRET: ownSecret };
    assert.equal(loadConfig({ ...environment, SESSION_KEYS: key.trim() }).store.keys?.length, 1);
  });

  test("the benchmarks know every row and option that is shown, and a few histories are lived through", async () => {
    const bench = ["--only agents", "--only throughput", "--only team --only fresh", "--quick", "--compare HEAD~3"];
    bench.push("--compare HEAD --with max-semi-space-size=16", "--compare bde50bb");
    bench.push("--only agents --only growth --only instances --only control --only sign-ins --only capacity");
    const asked = [`${asWritten("npm run bench")} --`, ...bench.map((args) => asWritten(`npm run bench -- ${args}`))];
    const [, histories = ""] = await Promise.all([
      shell(
        asked
          .map((command) => `${command.replace("npm run bench --", "node bench/main.ts")} --help > /dev/null`)
          .join("\n"),
      ),
      shell(asWritten("npm run histories -- --minutes 1 --seed 600000").replace("--minutes 1", "--minutes 0.02")),
      shell(asWritten("npm run histories -- --coverage --minutes 1").replace("--minutes 1", "--minutes 0.02")),
    ]);
    assert.match(histories, /histories/);
    ran.add(asWritten("npm run histories -- --minutes 10"));
  });

  test("one file of tests is run alone", async () => {
    const said = await shell(asWritten("npx node --test test/config/settings.test.ts"));
    assert.match(said, /^(ℹ|#) fail 0$/m);
  });
});

test("every command is run here that the table says is", () => {
  assert.deepEqual([...ran].sort(), [...runInFull].sort());
});
