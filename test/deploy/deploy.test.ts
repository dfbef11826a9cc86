import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { promisify } from "node:util";
import * as kubernetes from "kubernetes-models";
import { parse, parseAllDocuments } from "yaml";
import { loadConfig, settingNames } from "../../src/config/index.ts";
import { startPair } from "../support/service.ts";

const run = promisify(execFile);
const deploy = join(import.meta.dirname, "../../deploy");
const at = (path: string): string => join(deploy, path);
const read = (path: string): string => readFileSync(at(path), "utf8");

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly runbook: string };
}
const rules = (parse(read("prometheus/alerts.yml")) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);

suite("The alert rules", () => {
  test("are understood, and fire when they should and only then", async () => {
    const { stdout } = await run("promtool", ["check", "rules", at("prometheus/alerts.yml")]);
    assert.match(stdout, new RegExp(`SUCCESS: ${rules.length} rules found`));
    await run("promtool", ["test", "rules", "alerts.test.yml"], { cwd: at("prometheus") });
  });

  test("each have a test, and a section that says what to do", () => {
    const tests = read("prometheus/alerts.test.yml");
    const sections = readFileSync(join(deploy, "../docs/alerts.md"), "utf8");
    for (const { alert, annotations } of rules) {
      assert.match(tests, new RegExp(`alertname[:=] ?"?${alert}\\b`));
      assert.match(sections, new RegExp(`^## ${alert}$`, "m"));
      assert.equal(annotations.runbook, `docs/alerts.md#${alert.toLowerCase()}`);
    }
  });
});

suite("Every metric that the rules and the dashboard ask for", () => {
  let pair: Awaited<ReturnType<typeof startPair>>;
  before(async () => {
    pair = await startPair();
  });
  after(() => pair.close());

  test("is there from the start", async () => {
    const scraped = await (await fetch(`${pair.url}/metrics`)).text();
    const there = new Set(scraped.match(/^# TYPE \S+/gm)?.map((line) => line.slice(7)));
    const asked = [...rules.map(({ expr }) => expr), read("grafana/conferences-bff.json")].join("\n");
    const names = new Set(asked.match(/\b(?:conferences_bff|process)_[a-z_]+/g));
    assert.ok(names.size > 10);
    for (const name of names) assert.ok(there.has(name) || there.has(name.replace(/_(?:bucket|count|sum)$/, "")), name);
  });
});

suite("The systemd unit", () => {
  const folder = mkdtempSync(join(tmpdir(), "unit-"));
  after(() => rmSync(folder, { recursive: true }));
  const unit = read("systemd/conferences-bff.service");

  test("is understood, and lets the service have little", async () => {
    // What it starts is not on this machine: anything that can be started stands in for it.
    const here = join(folder, "conferences-bff.service");
    writeFileSync(here, unit.replaceAll(/^(ExecStart(?:Post)?=)\/usr\/bin\/\S+/gm, `$1${process.execPath}`));
    const { stdout, stderr } = await run("systemd-analyze", ["verify", "--man=no", here]);
    assert.equal(`${stdout}${stderr}`, "");
    const security = await run("systemd-analyze", ["security", "--offline=yes", here]);
    const [, exposure] = /Overall exposure level.*: ([\d.]+)/.exec(security.stdout) ?? [];
    assert.ok(Number(exposure) < 2, security.stdout);
  });

  test("starts the service as `npm start` does", () => {
    const { scripts } = JSON.parse(readFileSync(join(deploy, "../package.json"), "utf8")) as {
      scripts: { start: string };
    };
    const flags = (text: string) => text.match(/--max-\S+|--require|before\.cjs/g);
    assert.deepEqual(flags(/^ExecStart=.*$/m.exec(unit)?.[0] ?? ""), flags(scripts.start));
  });

  test("has started when the service is ready where HOST and PORT say, and not before", async (t) => {
    const [, script = "", seconds = ""] = /^ExecStartPost=\/usr\/bin\/node (\S+) (\d+)$/m.exec(unit) ?? [];
    assert.ok(Number(seconds) < Number(/^TimeoutStartSec=(\d+)$/m.exec(unit)?.[1]));
    assert.equal(script, "/opt/conferences-bff/deploy/systemd/ready.cjs");
    const waits = (env: Record<string, string>, limit: string) =>
      run(process.execPath, [at("systemd/ready.cjs"), limit], { env, timeout: 20_000 });
    const hosts = { "127.0.0.2": ["127.0.0.2"], "0.0.0.0": ["0.0.0.0", "", "127.0.0.1", "localhost"] };
    for (const [host, asked] of Object.entries(hosts)) {
      const probed = createServer((request, response) => response.writeHead(answers(request.url)).end());
      t.after(() => probed.close());
      await new Promise<void>((resolve) => void probed.listen(0, host, resolve));
      const PORT = String((probed.address() as AddressInfo).port);
      for (const HOST of asked) {
        notYet = 1;
        await waits({ HOST, PORT }, "10");
        assert.equal(notYet, -1, "asked until it was ready");
      }
      notYet = Number.POSITIVE_INFINITY;
      await assert.rejects(waits({ HOST: asked[0] ?? "", PORT }, "0"), /not ready at HOST \S+, PORT \d+: HTTP 503/);
    }
    await assert.rejects(waits({ HOST: "127.0.0.1", PORT: "9" }, "0"), /ECONNREFUSED/);
    const pair = await startPair();
    t.after(() => pair.close());
    await waits({ HOST: "127.0.0.1", PORT: new URL(pair.url).port }, "10");
  });

  let notYet = 0;
  const answers = (url: string | undefined): number => (url !== "/readyz" ? 404 : notYet-- > 0 ? 503 : 200);
});

test("The image's own check asks where HOST and PORT say", async (t) => {
  const dockerfile = readFileSync(join(deploy, "../Dockerfile"), "utf8");
  const checks = [...dockerfile.matchAll(/^HEALTHCHECK .*\\\n +CMD (\[.*\])$/gm)].map(([, command = ""]) => command);
  const [, ...args] = JSON.parse(checks.at(-1) ?? "[]") as string[];
  const service = createServer(({ url }, response) => response.writeHead(url === "/livez" ? 200 : 404).end());
  t.after(() => service.close());
  await new Promise<void>((resolve) => void service.listen(0, "127.0.0.2", resolve));
  const PORT = String((service.address() as AddressInfo).port);
  await run(process.execPath, args, { env: { HOST: "127.0.0.2", PORT } });
  await assert.rejects(run(process.execPath, args, { env: { HOST: "127.0.0.1", PORT } }));
  service.closeAllConnections();
});

suite("The manifests", () => {
  for (const file of readdirSync(at("kubernetes"))) {
    const documents = parseAllDocuments(read(`kubernetes/${file}`)).map((document) => document.toJS() as Manifest);

    test(`${file} has what the API's schemas want`, () => {
      assert.ok(documents.length > 0);
      for (const document of documents) new (modelOf(document))(document as never).validate();
      const [deployment] = documents;
      const wrong = { ...deployment, spec: { ...deployment?.spec, replicas: "three" } } as Manifest;
      assert.throws(() => new (modelOf(wrong))(wrong as never).validate(), "a mistake is found");
    });

    test(`${file} names settings that exist, and that are a configuration together`, () => {
      const container = documents.find(({ kind }) => kind === "Deployment")?.spec.template.spec.containers[0];
      assert.ok(container !== undefined);
      const environment = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
      for (const name of Object.keys(environment))
        assert.ok((settingNames as readonly string[]).includes(name.replace(/_FILE$/, "")), name);
      const { SESSION_KEYS_FILE: keys, TOKEN_SECRET_FILE: secret, ...plain } = environment;
      assert.ok(keys && secret);
      const secrets = { SESSION_KEYS: Buffer.alloc(32, 5).toString("base64"), TOKEN_SECRET: "x".repeat(40) };
      const { http } = loadConfig({ ...plain, ...secrets });
      const graceMs = documents.find(({ kind }) => kind === "Deployment")?.spec.template.spec
        .terminationGracePeriodSeconds;
      assert.ok(http.shutdownGraceMs < Number(graceMs) * 1_000, "the drain ends before the kill");
      const paths = [container.livenessProbe, container.readinessProbe].map((probe) => probe.httpGet.path);
      assert.deepEqual(paths, ["/livez", "/readyz"]);
    });
  }
});

interface Probe {
  readonly httpGet: { readonly path: string };
}
/** As much of a manifest as is looked at here. */
interface Manifest {
  readonly kind: string;
  readonly apiVersion: string;
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly {
          readonly env: readonly { readonly name: string; readonly value: string }[];
          readonly livenessProbe: Probe;
          readonly readinessProbe: Probe;
        }[];
      };
    };
  };
}

function modelOf({ apiVersion, kind }: Manifest) {
  const models = {
    "apps/v1 Deployment": kubernetes.apps.v1.Deployment,
    "policy/v1 PodDisruptionBudget": kubernetes.policy.v1.PodDisruptionBudget,
    "v1 Service": kubernetes.v1.Service,
  };
  const model = models[`${apiVersion} ${kind}` as keyof typeof models];
  assert.ok(model !== undefined, `${apiVersion} ${kind} has no schema here`);
  return model;
}
