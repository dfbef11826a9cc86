/**
 * How old the list is, and whether it may be called live.
 *
 * @typedef {object} Age
 * @property {"waiting" | "live" | "late" | "stale"} state `waiting`: no list yet. `late` past the longer of 10 s and
 *   three intervals, `stale` past the longer of 15 s and four
 * @property {number | null} ageMs since the gateway last confirmed the list; null while waiting
 * @property {string | null} asOf when that was, by the service's clock (ISO 8601, UTC)
 */
export type Age = {
    /**
     * `waiting`: no list yet. `late` past the longer of 10 s and
     * three intervals, `stale` past the longer of 15 s and four
     */
    state: "waiting" | "live" | "late" | "stale";
    /**
     * since the gateway last confirmed the list; null while waiting
     */
    ageMs: number | null;
    /**
     * when that was, by the service's clock (ISO 8601, UTC)
     */
    asOf: string | null;
};
export type Alive = {
    at: string;
    asOf: string | null;
    intervalMs: number;
};
/**
 * The age of a list by the service's own word and this machine's monotonic clock. No clock that somebody can set takes
 * part in making it younger; what is uncertain makes it older.
 */
export declare class Freshness {
    #private;
    /** A new connection: what comes on it has not been lying anywhere. */
    connected(): void;
    /**
     * @param {Alive} alive
     * @param {number} now a reading of the monotonic clock, in ms
     * @param {number} wall a reading of the wall clock, in ms
     * @returns {number} how long it has been on its way, in ms: past seconds it is the connection that is late
     */
    hear(alive: Alive, now: number, wall: number): number;
    /**
     * @param {number} now as in {@link hear}
     * @param {number} wall as in {@link hear}
     * @returns {Age}
     */
    at(now: number, wall: number): Age;
    /** Milliseconds until the state may be another one by itself; null when it stays. @param {number} now @param {number} wall */
    nextChange(now: number, wall: number): number | null;
}
/** @param {number} intervalMs how often the service asks the gateway */
export declare const bounds: (intervalMs: number) => {
    late: number;
    stale: number;
};
