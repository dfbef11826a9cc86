/** One question under way, and how many wait for its answer. */
interface Flight<T> {
  readonly answer: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
  settled: boolean;
}

/**
 * Identical questions of the same moment share one answer. It is only for those who came while it was under way, up to
 * the end of the event loop's turn that brought it: nothing is remembered, errors least of all. Who leaves stops
 * waiting; when nobody waits any more, the question is cancelled.
 */
export class Flights<T> {
  readonly #flights = new Map<string, Flight<T>>();
  readonly #atTurnsEnd: (call: () => void) => void;
  /** How many have joined a question that somebody else had asked. */
  joined = 0;

  /** @param atTurnsEnd calls when the present turn of the event loop is over */
  constructor(atTurnsEnd: (call: () => void) => void = setImmediate) {
    this.#atTurnsEnd = atTurnsEnd;
  }

  /**
   * @param signal aborted when this caller leaves
   * @returns the answer, and whether this caller asked or only waited
   */
  async join(
    key: string,
    signal: AbortSignal | undefined,
    ask: (signal: AbortSignal) => Promise<T>,
  ): Promise<{ answer: T; asked: boolean }> {
    signal?.throwIfAborted();
    const known = this.#flights.get(key);
    if (known !== undefined) this.joined += 1;
    const flight = known ?? this.#take(key, ask);
    flight.waiting += 1;
    try {
      const answer = await (signal === undefined ? flight.answer : untilAborted(flight.answer, signal));
      return { answer, asked: known === undefined };
    } catch (error) {
      throw known === undefined || signal?.aborted ? error : new SharedFailure(error);
    } finally {
      flight.waiting -= 1;
      // Left by everybody it must not catch a newcomer. Answered it has nothing to cancel, and an abort is not cheap.
      if (flight.waiting === 0 && !flight.settled) {
        this.#land(key, flight);
        flight.controller.abort();
      }
    }
  }

  #take(key: string, ask: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const answer = ask(controller.signal).then(
      (answered) => {
        flight.settled = true;
        // A request that is read in the same turn of the event loop came while the answer was on its way.
        this.#atTurnsEnd(() => this.#land(key, flight));
        return answered;
      },
      (error: unknown) => {
        flight.settled = true;
        this.#land(key, flight);
        throw error;
      },
    );
    const flight: Flight<T> = { answer, controller, waiting: 0, settled: false };
    this.#flights.set(key, flight);
    return flight;
  }

  #land(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}

/** The question that somebody else asked failed; the cause is what they got. */
export class SharedFailure extends Error {
  constructor(cause: unknown) {
    super("a shared question failed", { cause });
  }
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", leave, { once: true });
    promise.then(resolve, reject).then(() => signal.removeEventListener("abort", leave));
  });
}
