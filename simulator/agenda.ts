/** What is due later: timers that end together, and of which none keeps the program alive. */
export class Agenda {
  readonly #timers = new Set<NodeJS.Timeout>();

  /** Returns what calls it off. `ms` are real ones. */
  after(ms: number, act: () => void): () => void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    timer.unref();
    this.#timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }

  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
