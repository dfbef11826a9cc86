import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { freePorts } from "./fleet/ports.ts";

/**
 * `npm run containers`: builds the image and runs it as docker-compose.yml does, read-only and without rights, where podman or docker is there.
 * No part of `npm test`: it needs a base image, which comes from a registry unless it is there already.
 */
const run = promisify(execFile);
const BUILD_MS = 600_000;
const RUN_MS = 60_000;
const names = {
  simulator: `cbff-simulator-${process.pid}`,
  alone: `cbff-simulator-alone-${process.pid}`,
  service: `cbff-service-${process.pid}`,
};

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const has = (program: string): Promise<boolean> =>
  run(program, ["info"], { timeout: RUN_MS }).then(
    () => true,
    () => false,
  );

async function main(): Promise<number> {
  const engine = (await has("podman")) ? "podman" : (await has("docker")) ? "docker" : null;
  if (engine === null) {
    say(
      "There is neither a podman nor a docker that answers here. Install one, for instance with: apt-get install podman buildah runc",
    );
    return 1;
  }
  const first = engine === "podman" ? ["--runtime", "runc"] : [];
  const call: Call = async (...args) => (await run(engine, [...first, ...args], { timeout: RUN_MS })).stdout.trim();
  // Docker's format: the other one has no HEALTHCHECK.
  const builder =
    engine === "podman" ? ["buildah", "bud", "--isolation", "chroot", "--format", "docker"] : ["docker", "build"];
  for (const [target, image] of [
    ["simulator", "conferences-bff-simulator"],
    ["service", "conferences-bff"],
  ]) {
    const [program = "", ...args] = builder;
    await run(program, [...args, "--network", "host", "--target", String(target), "-t", String(image), "."], {
      timeout: BUILD_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    say(`built ${image}`);
  }
  const [gateway = 0, port = 0] = await freePorts(2);
  const limits = ["--ulimit", "nofile=20000:20000", "--ulimit", "nproc=4096:4096"];
  const hardened = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];
  const apart = ["run", "-d", ...limits, ...hardened];
  const started = [...apart, "--network", "host"];
  try {
    const simulator = ["node", "simulator/main.ts", "--host", "127.0.0.1", "--port", String(gateway)];
    await call(...started, "--name", names.simulator, "conferences-bff-simulator", ...simulator);
    // Once more as its image starts it, at the port that its check asks: on no network, where that one is free.
    await call(...apart, "--network", "none", "--name", names.alone, "conferences-bff-simulator");
    await wellByItsOwnCheck(engine, call, names.alone);
    say("the simulator is well by the HEALTHCHECK of its image");
    await endsByItself(call, names.alone);
    const environment = {
      GATEWAY_URL: `http://127.0.0.1:${gateway}/agentgateway/resource`,
      SESSION_KEYS: randomBytes(32).toString("base64"),
      TOKEN_SECRET: randomBytes(32).toString("base64"),
      HOST: "127.0.0.1",
      PORT: String(port),
    };
    const told = Object.entries(environment).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
    await call(...started, "--name", names.service, ...told, "conferences-bff");
    await healthy(`http://127.0.0.1:${port}/readyz`, () => call("logs", names.service));
    say("ready: /readyz answers 200");
    await wellByItsOwnCheck(engine, call, names.service);
    say("the service is well by the HEALTHCHECK of its image");
    const inside = (script: string): Promise<string> => call("exec", names.service, "node", "-e", script);
    await expect("runs as the user node, without a capability", "1000 0000000000000000", () =>
      inside(
        "console.log(process.getuid() + ' ' + /CapEff:\\s*(\\S+)/.exec(require('fs').readFileSync('/proc/1/status', 'utf8'))[1])",
      ),
    );
    await expect("writes nowhere but /data", "EROFS", () =>
      inside("try { require('fs').writeFileSync('/app/x', '') } catch (error) { console.log(error.code) }"),
    );
    await expect("node is PID 1", "node", () =>
      inside(
        "console.log(require('path').basename(require('fs').readFileSync('/proc/1/cmdline', 'utf8').split('\\0')[0]))",
      ),
    );
    await endsByItself(call, names.service);
    return 0;
  } finally {
    for (const name of Object.values(names)) await call("rm", "-f", "-v", name).catch(() => undefined);
  }
}

type Call = (...args: string[]) => Promise<string>;

/** podman runs the check when it is asked to, docker by itself. */
async function wellByItsOwnCheck(engine: string, call: Call, name: string): Promise<void> {
  const isWell = () =>
    engine === "podman"
      ? call("healthcheck", "run", name).then(
          () => true,
          () => false,
        )
      : call("inspect", "--format", "{{.State.Health.Status}}", name).then((status) => status === "healthy");
  const until = performance.now() + 30_000;
  while (!(await isWell())) {
    if (performance.now() > until)
      throw new Error(`${name} is not well by its own check:\n${await call("logs", name)}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function endsByItself(call: Call, name: string): Promise<void> {
  const began = performance.now();
  await call("stop", "--time", "20", name);
  await expect(`${name} ends by itself with 0 when it is told to stop`, "0", () =>
    call("inspect", "--format", "{{.State.ExitCode}}", name),
  );
  say(`ended within ${Math.round(performance.now() - began)} ms`);
}

async function expect(what: string, wanted: string, look: () => Promise<string>): Promise<void> {
  const seen = await look();
  if (seen !== wanted) throw new Error(`${what}: expected ${wanted}, saw ${seen}`);
  say(what);
}

async function healthy(url: string, log: () => Promise<string>): Promise<void> {
  const until = performance.now() + 30_000;
  while (performance.now() < until) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`It is not ready:\n${await log()}`);
}

try {
  process.exitCode = await main();
} catch (error) {
  say(String((error as { stderr?: string }).stderr || error));
  process.exitCode = 1;
}
