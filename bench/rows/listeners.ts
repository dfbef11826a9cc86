import { cpSync, mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { closing } from "../closing.ts";
import { startService } from "../contenders.ts";
import { compiled } from "../gateway/gateway-stub.ts";
import { LOAD_CORE, memoryOf, start } from "../processes.ts";
import { cpuSecondsOf } from "../processor-time.ts";
import type { Bench, Row } from "../row.ts";
import { type BenchSession, bindSessions, someSessions, tokenFor, writeTokens } from "../sessions.ts";
import { median, rounded, spread } from "../statistics.ts";
import { newKey, type SigningKey } from "../tokens.ts";

const AGENT = "1000";
const EVENTS = 7;
/** Each session looks at its agent's other ones as it is bound: ten thousand of one agent would take minutes. */
const STREAMS_A_SESSION = 4;
const MOST_LISTENERS = 10_000;

/** One of the streams, and how something is brought about that goes to all who listen. */
interface Stream {
  readonly path: string;
  /** What a listener hears first, and what is timed. */
  readonly first: string;
  readonly event: string;
  readonly goals: { readonly each: string; readonly fanOut: string };
  readonly from: string;
  /** Brings it about; resolves with the time from which it counts, in milliseconds since the epoch. */
  cause(bench: Bench): Promise<number>;
}

/** Everybody listens to one agent, so that one event goes to all of them. */
export const listeners: Row = async (bench) => {
  const bound = await bindAll(bench);
  const [events, lists] = [await measured(bench, bound, SESSION_EVENTS), await measured(bench, bound, CONFERENCES)];
  return { measured: { ...events.measured, ...lists.measured }, tables: [...events.tables, ...lists.tables] };
};

interface Bound {
  readonly key: SigningKey;
  readonly sessions: readonly BenchSession[];
  /** A store that has them; each service gets a copy. */
  readonly data: string;
}

/** Bound once, by a process of its own: what binding leaves behind is not taken for room that listeners need. */
async function bindAll({ directory, gateway }: Bench): Promise<Bound> {
  const key = newKey("HS256");
  const sessions = someSessions(MOST_LISTENERS / STREAMS_A_SESSION, AGENT);
  const data = mkdtempSync(join(directory, "data-"));
  const binder = await startService({ directory, key, gatewayUrl: gateway.url }, { data });
  await bindSessions(binder.url, key, sessions, "managed").finally(() => binder.stop());
  return { key, sessions, data };
}

const SESSION_EVENTS: Stream = {
  path: "/session/events",
  first: "state",
  event: "gateway-event",
  goals: { each: "listener-bytes", fanOut: "fan-out" },
  from: "From the moment at which the gateway is told of the event to the last listener's socket.",
  async cause({ gateway }) {
    for (let attempt = 0; attempt < 200; attempt++) {
      await wait(100);
      const from = performance.timeOrigin + performance.now();
      if (await gateway.event(AGENT)) return from;
    }
    throw new Error("the agent is not polled");
  },
};

const CONFERENCES: Stream = {
  path: "/conferences/stream",
  first: "conferences",
  event: "conferences",
  goals: { each: "list-listener-bytes", fanOut: "list-fan-out" },
  from: "From the moment at which the gateway answers with another list to the last listener's socket.",
  async cause({ gateway }) {
    await wait(100);
    await gateway.changeList();
    for (let attempt = 0; attempt < 500; attempt++) {
      const at = await gateway.listedAt();
      if (at > 0) return at;
      await wait(10);
    }
    throw new Error("the gateway is not asked for the list");
  },
};

async function measured(bench: Bench, bound: Bound, stream: Stream) {
  const counts = bench.quick ? [1_000, MOST_LISTENERS] : [1_000, 5_000, MOST_LISTENERS];
  const found: Awaited<ReturnType<typeof listen>>[] = [];
  for (const count of counts) found.push(await listen(bench, bound, count, stream));
  const most = found.at(-1);
  return {
    measured: { [stream.goals.each]: most?.kibEach ?? Number.NaN, [stream.goals.fanOut]: most?.fanOutMs ?? Number.NaN },
    tables: [
      {
        title: `Listeners on ${stream.path} of one agent, ${STREAMS_A_SESSION} of each session`,
        head: [
          "listeners",
          "MiB before",
          "MiB with them",
          "KiB each",
          "an event at all, ms",
          "its spread",
          "CPU at rest",
        ],
        lines: found.map((one) => [
          rounded(one.count),
          rounded(one.before),
          rounded(one.after),
          rounded(one.kibEach),
          rounded(one.fanOutMs),
          `${rounded(one.fanOutSpread * 100)} %`,
          `${rounded(one.cores * 100)} %`,
        ]),
        note: stream.from,
      },
    ],
  };
}

function listen(bench: Bench, bound: Bound, count: number, stream: Stream) {
  return closing(async (keep) => {
    const { directory, gateway } = bench;
    const { key } = bound;
    const sessions = bound.sessions.slice(0, count / STREAMS_A_SESSION);
    const streams = sessions.flatMap((session) => Array.from({ length: STREAMS_A_SESSION }, () => session));
    const tokens = writeTokens(directory, key, streams);
    const data = mkdtempSync(join(directory, "data-"));
    cpSync(bound.data, data, { recursive: true });
    const service = keep(await startService({ directory, key, gatewayUrl: gateway.url }, { data }));
    const [first] = sessions;
    if (first === undefined) throw new Error("no session");
    const authorization = `Bearer ${tokenFor(key, first)}`;
    for (let request = 0; request < 200; request++) {
      await (await fetch(`${service.url}/session`, { headers: { authorization } })).text();
    }
    await wait(2_000);
    const before = memoryOf(service.pid);
    const program = compiled(new URL("../load/listeners.c", import.meta.url), "listeners", directory);
    const command = [program, new URL(service.url).port, tokens, stream.path, stream.first, stream.event];
    const all = keep(
      await start(
        { name: "listeners", core: LOAD_CORE, command, announces: /^ready (\d+)$/m, startMs: 120_000 },
        directory,
      ),
    );
    if (all.port !== count) throw new Error(`${all.port} of ${count} listeners came`);
    await wait(3_000);
    const after = memoryOf(service.pid);
    const took: number[] = [];
    for (let number = 1; number <= EVENTS; number++)
      took.push(await fanOut(await stream.cause(bench), all.output, number));
    const [cpu, from] = [cpuSecondsOf(service.pid), performance.now()];
    await wait(15_000);
    const cores = (cpuSecondsOf(service.pid) - cpu) / ((performance.now() - from) / 1_000);
    const kibEach = ((after - before) * 1_024) / count;
    return { count, before, after, kibEach, fanOutMs: median(took), fanOutSpread: spread(took), cores };
  });
}

/** Milliseconds from the cause to the last listener. */
async function fanOut(from: number, output: string, number: number): Promise<number> {
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const found = new RegExp(`^event ${number} ([0-9.]+)$`, "m").exec(readFileSync(output, "utf8"));
    if (found) return Number(found[1]) - from;
    await wait(10);
  }
  throw new Error("an event did not reach everybody");
}
