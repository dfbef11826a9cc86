import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { COMMAND_HELP } from "./control/control-interface.ts";
import { FAULTS } from "./faults/fault.ts";
import type { SimulatorOptions } from "./index.ts";
import { INTERFACES } from "./requests/interfaces.ts";
import type { Scenario } from "./scenario.ts";
import { KNOB_NAMES, KNOBS, readSettings, wanted } from "./settings.ts";

/** Options of the program itself; those of the gateway come from the table of settings. */
const PROGRAM = {
  help: ["flag", "", "this text"],
  json: ["flag", "", "the line at the start as JSON"],
  host: ["text", "127.0.0.1", "address to listen at"],
  port: ["text", "8043", "port; 0: any free one"],
  "control-port": ["text", "", "the control interface at a port of its own, by plain http"],
  tls: ["flag", "", "HTTPS, with an authority and a certificate made at the start (needs openssl)"],
  "tls-host": ["text", "localhost,127.0.0.1,::1", "names and addresses in that certificate, comma separated"],
  cert: ["text", "", "HTTPS with this certificate file"],
  key: ["text", "", "and this key file"],
  agents: ["text", "0", "so many more inspectors, for load tests; passwords secret-<id>"],
  "agents-from": ["text", "20001", "the first one's id"],
  "agents-vdn": ["text", "1", "their VDN"],
  conferences: ["text", "0", "so many more conferences in VDN 1"],
  "keep-alive-timeout-ms": ["text", "", "how long an idle connection is kept"],
  scenario: ["text", "ordinary-day", "what happens by itself: ordinary-day | none | a JSON file"],
} as const;

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

interface CommandLine {
  readonly help: boolean;
  readonly json: boolean;
  readonly options: SimulatorOptions;
}

/** Throws an error with a message for the user. `--secure-cookies=false` and `--no-secure-cookies` mean the same. */
export async function readCommandLine(args: readonly string[]): Promise<CommandLine> {
  const flags = KNOB_NAMES.filter((name) => KNOBS[name].kind === "flag").map(kebab);
  // parseArgs knows flags without a value only; ours may be given one, as the others are.
  const spelled = args.map((arg) => {
    const name = arg.replace(/^--(no-)?/, "");
    return arg.startsWith("--") && flags.includes(name) ? `--${name}=${!arg.startsWith("--no-")}` : arg;
  });
  const { values } = parseArgs({
    args: spelled,
    strict: true,
    options: Object.fromEntries([
      ...Object.entries(PROGRAM).map(([name, [kind]]) => [name, { type: kind === "flag" ? "boolean" : "string" }]),
      ...KNOB_NAMES.map((name) => [kebab(name), { type: "string" }]),
    ]) as Record<string, { type: "boolean" | "string" }>,
  });
  const text = (name: keyof typeof PROGRAM) => (values[name] as string | undefined) ?? PROGRAM[name][1];
  if (values.help) return { help: true, json: false, options: {} };
  const given = Object.fromEntries(KNOB_NAMES.map((name) => [name, values[kebab(name)]]));
  const keepAlive = text("keep-alive-timeout-ms");
  const options: SimulatorOptions = {
    ...readSettings(given),
    host: text("host"),
    port: number(text("port"), "port"),
    controlPort: text("control-port") === "" ? undefined : number(text("control-port"), "control-port"),
    tls: await certificate(text("cert"), text("key"), values.tls === true),
    tlsHosts: text("tls-host").split(","),
    agents: number(text("agents"), "agents"),
    agentsFrom: number(text("agents-from"), "agents-from"),
    agentsVdn: number(text("agents-vdn"), "agents-vdn"),
    conferenceCount: number(text("conferences"), "conferences"),
    keepAliveTimeoutMs: keepAlive === "" ? undefined : number(keepAlive, "keep-alive-timeout-ms"),
    scenario: await scenario(text("scenario")),
  };
  return { help: false, json: values.json === true, options };
}

function number(text: string, name: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new TypeError(`--${name}: a whole number`);
  return Number(text);
}

async function certificate(cert: string, key: string, made: boolean): Promise<SimulatorOptions["tls"]> {
  if ((cert === "") !== (key === "")) throw new TypeError("--cert and --key go together");
  return cert === "" ? made : { cert: await readFile(cert), key: await readFile(key) };
}

async function scenario(name: string): Promise<SimulatorOptions["scenario"]> {
  if (name === "none") return undefined;
  if (name === "ordinary-day") return name;
  const read: unknown = JSON.parse(await readFile(name, "utf8"));
  if (typeof read === "object" && read !== null && "steps" in read && Array.isArray(read.steps)) {
    return { repeat: false, ...read } as Scenario;
  }
  throw new TypeError(`--scenario: ${name} has no list of steps`);
}

export function helpText(): string {
  const lines = (rows: readonly (readonly [string, string])[]) => {
    const width = Math.max(...rows.map(([left]) => left.length)) + 2;
    return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`).join("\n");
  };
  const program = Object.entries(PROGRAM).map(
    ([name, [kind, standard, help]]) =>
      [`--${name}${kind === "flag" ? "" : " …"}`, standard === "" ? help : `${help} (${standard})`] as const,
  );
  const knobs = KNOB_NAMES.map((name) => {
    const knob = KNOBS[name];
    return [`--${kebab(name)} …`, `${knob.help}; ${wanted(knob)} (${knob.standard})`] as const;
  });
  return `A stand-in for the agent gateway: node simulator/main.ts [options]

${lines(program)}

The gateway (durations in ms; each can be changed while it runs):
${lines(knobs)}

Agents: 1201 (inspector, VDN 1), 1202, 1203 (no inspectors), 1204 (inspector), 1301 (inspector, VDN 2) and more,
passwords secret-<agent id>: secret-1201.

Control interface, JSON, ids past 2^53 as text:
${lines(COMMAND_HELP)}

Faults, e.g. {"kind": "retcode", "retcode": "000-004", "on": "queryvdnconfid", "times": 2}:
${lines(Object.entries(FAULTS))}
  on: ${INTERFACES.join(" ")} * or a path such as /agentconf/*
`;
}
