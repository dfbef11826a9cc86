import { readdirSync, readFileSync } from "node:fs";

/** `USER_HZ`, which Linux has as 100 on every machine that runs Node. */
const TICKS_PER_SECOND = 100;

interface Ticks {
  readonly parent: number;
  /** Of all its threads, in user and kernel mode, and of its children that have ended and were waited for. */
  readonly used: number;
}

/**
 * Seconds of a core that a process and all below it have used so far. What else the machine does hardly changes it, so
 * that it tells two programs apart whose requests a second swing with everything.
 */
export function cpuSecondsOf(pid: number): number {
  const all = new Map<number, Ticks>();
  for (const name of readdirSync("/proc")) {
    const id = Number(name);
    const ticks = Number.isInteger(id) ? ticksOf(id) : null;
    if (ticks !== null) all.set(id, ticks);
  }
  const own = all.get(pid);
  if (own === undefined) throw new Error(`there is no process ${pid}`);
  return [...all].reduce((sum, [id, { used }]) => (isBelow(all, id, pid) ? sum + used : sum), 0) / TICKS_PER_SECOND;
}

function isBelow(all: ReadonlyMap<number, Ticks>, pid: number, root: number): boolean {
  for (let id: number | undefined = pid; id !== undefined && id > 0; id = all.get(id)?.parent) {
    if (id === root) return true;
  }
  return false;
}

/** `null` when it is gone meanwhile. */
function ticksOf(pid: number): Ticks | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return null;
  }
}

/** proc_pid_stat(5). The second field is a name in parentheses, which may hold spaces and parentheses. */
export function parseStat(text: string): Ticks {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (number: number): number => Number(fields[number - 3]);
  return { parent: field(4), used: field(14) + field(15) + field(16) + field(17) };
}
