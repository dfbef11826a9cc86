import { parseArgs } from "node:util";

export interface ChaosOptions {
  readonly seconds: number;
  readonly seed: number;
  /** Two or more, so that one can be killed. */
  readonly instances: number;
  /** Agents whose sessions live through the run; a few more come and go. */
  readonly agents: number;
  /** How much longer than usual polls, leases and Guids last. */
  readonly stretch: number;
  /** A file that gets what happened when. */
  readonly trace: string | null;
}

export const HELP = `Runs a fleet with Redis, the gateway simulator and load while it kills, pauses and cuts all of them: npm run chaos -- [options]

  --seconds N    how long faults go on (60)
  --seed N       chooses them (1)
  --instances N  of the service, 2 or more (3)
  --agents N     whose sessions have to live through it; a few more come and go (20)
  --stretch N    how many times longer polls, leases and Guids last, on a machine that is busy with other things (1)
  --json         the report as one line of JSON
  --trace FILE   what happened when, with all that the instances log

Exits with 1 when a session was lost, two polls of an agent overlapped, a client saw a failure other than 502, 503 or
504, an instance ended by itself or wrote to standard error, or memory grew. docs/chaos.md says more.
`;

interface CommandLine {
  readonly help: boolean;
  readonly json: boolean;
  readonly options: ChaosOptions;
}

/** Throws a `RangeError`, or an error of `parseArgs`, with a message for the user. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string", default: "60" },
      seed: { type: "string", default: "1" },
      instances: { type: "string", default: "3" },
      agents: { type: "string", default: "20" },
      stretch: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      trace: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const options = {
    seconds: whole("seconds", values.seconds, 1, 86_400),
    seed: whole("seed", values.seed, 0, 4_294_967_295),
    instances: whole("instances", values.instances, 2, 20),
    agents: whole("agents", values.agents, 1, 10_000),
    stretch: whole("stretch", values.stretch, 1, 9),
    trace: values.trace ?? null,
  };
  return { help: values.help, json: values.json, options };
}

function whole(name: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) {
    throw new RangeError(`--${name}: a whole number from ${least} to ${most}`);
  }
  return number;
}
