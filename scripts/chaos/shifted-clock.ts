/**
 * The wall clock of this process, moved. Whatever asks JavaScript for the time of day gets it from `Date`, so shifting
 * that moves the clock for the service and its libraries as a leap of the machine's would; the monotonic clock, timers
 * and other processes stay as they are.
 */
const RealDate = Date;
let shiftMs = 0;

class ShiftedDate extends RealDate {
  constructor(...given: unknown[]) {
    if (given.length === 0) super(RealDate.now() + shiftMs);
    else super(...(given as [number]));
  }

  static override now(): number {
    return RealDate.now() + shiftMs;
  }
}

/** Has to run before anything else is loaded that keeps `Date` or `Date.now` for itself. */
export function installShiftedClock(): void {
  globalThis.Date = ShiftedDate as DateConstructor;
}

/** From the real time on, also when it was shifted before. */
export function shiftClock(ms: number): void {
  shiftMs = ms;
}
