import type { Conference } from "../api.d.ts";
import type { Calls } from "./calls.js";
import type { Age, Alive } from "./freshness.js";
import type { End, Timing, Trouble } from "./line.js";
export type WatchFreshness = Age & {
    trouble: Trouble | null;
};
export type WatchUpdate<Item = Conference> = {
    type: "conferences";
    conferences: Item[];
} | ({
    type: "alive";
} & Alive) | ({
    type: "freshness";
} & WatchFreshness) | ({
    type: "trouble";
} & Trouble) | ({
    type: "end";
} & End);
export type WatchOptions = {
    /**
     * each conference with its details, not its id alone
     */
    details?: boolean;
    /**
     * aborted: closed
     */
    signal?: AbortSignal;
    /**
     * other times than the usual ones, for tests
     */
    timing?: Timing;
};
/**
 * The list of conferences as it changes, for as long as it is wanted. It is a loop's source, and can be asked at any
 * moment how fresh the list is.
 *
 * @template [Item=Conference]
 */
export declare class Watch<Item = Conference> {
    #private;
    /**
     * @param {Calls} calls
     * @param {WatchOptions} options
     * @param {((update: WatchUpdate<Item>) => void) | null} listener
     */
    constructor(calls: Calls, { details, signal, timing }: WatchOptions, listener: ((update: WatchUpdate<Item>) => void) | null);
    /** How fresh the list is at this very moment, and what keeps it from being fresher. @returns {WatchFreshness} */
    get freshness(): WatchFreshness;
    close(): void;
    /** Tries at once, where a pause before the next attempt is under way. */
    retry(): void;
    [Symbol.asyncIterator](): AsyncIterableIterator<WatchUpdate<Item>>;
}
