/** A limit in time for whatever takes its signal, whose reason then is the problem `no-answer`. */
export declare class Deadline {
    #private;
    get signal(): AbortSignal;
    /** Begins anew. @param {number} ms */
    within(ms: number): void;
    stop(): void;
    abort(): void;
}
