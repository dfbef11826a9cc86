import type { Instance } from "./instance.ts";
import type { Memory } from "./instance-process.ts";
import { rest } from "./rest.ts";

const MIB = 1_048_576;
/** Until code is compiled, pools are filled and caches have their size. */
const WARM_UP_SHARE = 0.35;
const MOST_SAMPLES = 60;
/** From this share of the run on, a process has run long enough to be judged. */
const LONG_SHARE = 0.6;
const SHORTEST_PAUSE_MS = 1_000;

interface Sample extends Memory {
  /** Seconds since the start of the run. */
  readonly at: number;
  /** Which process of the instance. */
  readonly start: number;
}

/** MiB, rounded to a tenth. */
export interface MemoryLine {
  readonly instance: string;
  /** How often it was started. */
  readonly starts: number;
  /** The last process's share of the run. */
  readonly share: number;
  /** Of the last process. */
  readonly live: { readonly first: number; readonly warm: number; readonly last: number };
  readonly resident: { readonly first: number; readonly warm: number; readonly last: number };
}

/**
 * Looks at what lives in the heap after a full collection, which is what a leak makes grow; the resident set is told as
 * well, but goes up and down with the collector's mood.
 */
export class MemoryWatch {
  readonly #instances: readonly Instance[];
  readonly #samples = new Map<Instance, Sample[]>();
  readonly #started = performance.now();

  constructor(instances: readonly Instance[]) {
    this.#instances = instances;
  }

  async run(totalMs: number, signal: AbortSignal): Promise<void> {
    const pause = Math.max(SHORTEST_PAUSE_MS, totalMs / MOST_SAMPLES);
    while (!signal.aborted) {
      await this.look();
      await rest(pause, signal);
    }
  }

  async look(): Promise<void> {
    for (const instance of this.#instances) {
      const { starts } = instance;
      const memory = await instance.memory();
      if (memory === null || instance.starts !== starts) continue;
      const samples = this.#samples.get(instance) ?? [];
      samples.push({ ...memory, at: (performance.now() - this.#started) / 1_000, start: starts });
      this.#samples.set(instance, samples);
    }
  }

  lines(): MemoryLine[] {
    return this.#instances.map((instance) => {
      const samples = this.#ofLastProcess(instance);
      const warm = afterWarmUp(samples);
      const of = (field: "live" | "resident") => ({
        first: inMib(samples[0]?.[field] ?? 0),
        warm: inMib(median(thirds(warm).first.map((sample) => sample[field]))),
        last: inMib(median(thirds(warm).last.map((sample) => sample[field]))),
      });
      const from = samples[0]?.at ?? Number.POSITIVE_INFINITY;
      const now = (performance.now() - this.#started) / 1_000;
      const share = Math.round(Math.max(0, 1 - from / now) * 100) / 100;
      return { instance: instance.name, starts: instance.starts, share, live: of("live"), resident: of("resident") };
    });
  }

  /**
   * What grew: a process that ran through most of the time, when the median of its live memory in the last third after
   * warm-up is above that of the first third by more than a tenth and 3 MiB. A leak of one kilobyte a call would be tens
   * of MiB after ten minutes.
   */
  growth(): string[] {
    return this.lines()
      .filter(({ share, live }) => share > LONG_SHARE && live.last > live.warm * 1.1 && live.last - live.warm > 3)
      .map(({ instance, live }) => `memory of ${instance} grew from ${live.warm} to ${live.last} MiB`);
  }

  #ofLastProcess(instance: Instance): Sample[] {
    return (this.#samples.get(instance) ?? []).filter(({ start }) => start === instance.starts);
  }
}

function afterWarmUp(samples: readonly Sample[]): readonly Sample[] {
  return samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
}

function thirds<T>(items: readonly T[]): { first: readonly T[]; last: readonly T[] } {
  const size = Math.max(1, Math.floor(items.length / 3));
  return { first: items.slice(0, size), last: items.slice(-size) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

const inMib = (bytes: number): number => Math.round((bytes / MIB) * 10) / 10;
