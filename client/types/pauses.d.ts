/**
 * How long to wait before the next attempt: doubling, so that a service that is down is not asked by everybody all the
 * time, and scattered, so that those who lost it together do not come back together.
 */
export declare class Pauses {
    #private;
    /**
     * @param {number} firstMs
     * @param {number} longestMs
     */
    constructor(firstMs: number, longestMs: number);
    /** By `retry:` or `Retry-After`; holds for the next pause. @param {number | null} ms */
    ask(ms: number | null): void;
    next(): number;
    reset(): void;
}
