import { parseArgs } from "node:util";
import { type Fleet, startFleet } from "./fleet/fleet.ts";
import { Load, signIn } from "./fleet/load.ts";
import { ask } from "./fleet/prometheus.ts";
import { EX_USAGE } from "./usage.ts";

/** `npm run fleet`: a whole site on one machine. See docs/operations.md. */
const usage = `Usage: npm run -s fleet -- [--replace | --cut-off] [--agents 20] [--port 3000]

Three instances on one Redis behind HAProxy, the simulator, and Prometheus with the alert rules, until Ctrl-C.

  --replace   replaces every instance, one after the other, under load, and ends: 0 when no request failed and no agent was lost
  --cut-off   makes the gateway hang until the alert that agents are not being polled fires, and ends
  --agents    how many agents sign in
  --port      the balancer's; 0 for any free one, as it is with --replace and --cut-off
`;

const BETWEEN_MS = 1_000;
const ALERT_MS = 150_000;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const say = (text: string): void => void process.stdout.write(`${text}\n`);

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        replace: { type: "boolean", default: false },
        "cut-off": { type: "boolean", default: false },
        agents: { type: "string", default: "20" },
        port: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    const agents = Number(values.agents);
    const port = values.port === undefined ? null : Number(values.port);
    const isPort = port === null || (Number.isInteger(port) && port >= 0 && port < 65_536);
    if (!Number.isInteger(agents) || agents < 1 || agents > 1_000 || !isPort || (values.replace && values["cut-off"]))
      return null;
    return { ...values, agents, port };
  } catch {
    return null;
  }
}

/** The crowd of the simulator. */
const agentIds = (count: number): string[] => Array.from({ length: count }, (_, index) => String(20_001 + index));

async function replaceAll(fleet: Fleet, count: number): Promise<boolean> {
  const tokens = await signIn(fleet.url, agentIds(count));
  const load = new Load(fleet.url, tokens);
  await wait(BETWEEN_MS);
  for (const instance of fleet.instances) {
    const began = performance.now();
    await instance.replace();
    say(`${instance.name} replaced in ${((performance.now() - began) / 1_000).toFixed(1)} s`);
    await wait(BETWEEN_MS);
  }
  const { requests, failures, reopened } = await load.stop();
  const lost = await lostOf(fleet, tokens);
  const { total: mistakes } = fleet.simulator.control.violations();
  const failed = [...failures.values()].reduce((sum, each) => sum + each, 0);
  say(
    `${requests} requests, ${failed} failed${failed === 0 ? "" : `: ${JSON.stringify(Object.fromEntries(failures))}`}`,
  );
  say(`${reopened} streams moved to another instance`);
  say(`${count} agents, ${lost} lost; ${mistakes} calls that a gateway would not have liked`);
  return failed === 0 && lost === 0 && mistakes === 0;
}

async function lostOf({ url }: Fleet, tokens: readonly string[]): Promise<number> {
  let lost = 0;
  for (const token of tokens) {
    const answer = await fetch(`${url}/conferences`, { headers: { authorization: `Bearer ${token}` } });
    await answer.body?.cancel();
    if (!answer.ok) lost += 1;
  }
  return lost;
}

async function cutOff(fleet: Fleet, count: number): Promise<boolean> {
  await signIn(fleet.url, agentIds(count));
  await wait(3_000);
  const firing = async (): Promise<boolean> =>
    (await ask(fleet.prometheusUrl, 'ALERTS{alertname="AgentsAreNotBeingPolled",alertstate="firing"}')).length > 0;
  if (await firing()) throw new Error("the alert fires before anything is wrong");
  fleet.simulator.control.addFault({ kind: "hang", on: "*" });
  say("the gateway hangs");
  const began = performance.now();
  while (performance.now() - began < ALERT_MS) {
    if (await firing()) {
      say(`AgentsAreNotBeingPolled fires after ${((performance.now() - began) / 1_000).toFixed(0)} s`);
      return true;
    }
    await wait(500);
  }
  say("AgentsAreNotBeingPolled does not fire");
  return false;
}

const given = readArguments();
if (given === null || given.help) {
  (given === null ? process.stderr : process.stdout).write(usage);
  process.exitCode = given === null ? EX_USAGE : 0;
} else {
  const isRun = given.replace || given["cut-off"];
  const fleet = await startFleet({ port: given.port ?? (isRun ? 0 : 3000), agents: Math.max(given.agents, 1) });
  try {
    if (given.replace) process.exitCode = (await replaceAll(fleet, given.agents)) ? 0 : 1;
    else if (given["cut-off"]) process.exitCode = (await cutOff(fleet, given.agents)) ? 0 : 1;
    else await untilStopped(fleet, given.agents);
  } finally {
    await fleet.close();
  }
}

async function untilStopped(fleet: Fleet, count: number): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => resolve());
  });
  const [token] = await signIn(fleet.url, agentIds(count));
  say(`gateway     simulated at ${fleet.simulator.url}`);
  say(`service     ${fleet.url}  (${fleet.instances.map(({ url }) => url).join(", ")})`);
  say(`board       ${fleet.url}/  (agent 1204, password secret-1204, phone 40039)`);
  say(`prometheus  ${fleet.prometheusUrl}`);
  say(`try it      curl -H 'Authorization: Bearer ${token}' '${fleet.url}/conferences?expand=details'`);
  say(`admin       TOKEN_SECRET=${fleet.tokenSecret} npm run -s admin -- agents --url ${fleet.url}`);
  say("Ctrl-C ends all of it.");
  await stopped;
}
