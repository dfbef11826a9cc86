import { ProblemError } from "./problem.js";
import type { Calls } from "./calls.js";
export type Trouble = {
    /**
     * `gateway`: the service is there, its gateway fails.
     * `service`: it, or a proxy for it, says that it cannot. `line`: nothing comes through, from a service that hangs or
     * over a network that does. `network`: the browser says that it is offline
     */
    source: "gateway" | "service" | "line" | "network";
    /**
     * null: nobody has named one yet
     */
    problem: ProblemError | null;
};
export type End = {
    /**
     * `replaced`: this session has
     * opened too many streams, and this was the oldest. `refused`: the service takes no such request, see `problem`
     */
    why: "session-ended" | "token-expired" | "replaced" | "refused" | "closed";
    /**
     * of `session-ended`, as the service names it
     */
    reason: string | null;
    problem: ProblemError | null;
};
export type Timing = {
    /**
     * before the first attempt to come back; 500
     */
    firstPauseMs?: number;
    /**
     * between two attempts; 15,000
     */
    longestPauseMs?: number;
    /**
     * how long an answer may take; 10,000
     */
    answerMs?: number;
    /**
     * after which a line without any event counts as broken; 8,000. The service says
     * something every 5 s
     */
    silenceMs?: number;
    /**
     * how long a line has to bring something before its loss counts as the first one; 5,000
     */
    steadyMs?: number;
};
export type LineEars = {
    /**
     * the service has answered
     */
    onOpen: () => void;
    onEvent: (event: string, data: any, id: string | null) => void | Promise<void>;
    /**
     * an attempt has failed, or the line has fallen silent
     */
    onTrouble: (trouble: Trouble) => void;
    /**
     * said once, the last thing
     */
    onEnd: (end: End) => void;
};
/**
 * One stream of the service that is there for as long as somebody wants it: it comes back after every loss, from where
 * it was (`Last-Event-ID`), and ends only where coming back makes no sense.
 */
export declare class Line {
    #private;
    /**
     * @param {Calls} calls
     * @param {string} path
     * @param {LineEars} ears
     * @param {{ timing?: Timing | undefined, signal?: AbortSignal | undefined, lastEventId?: string | undefined }} options
     */
    constructor(calls: Calls, path: string, ears: LineEars, { timing, signal, lastEventId }: {
        timing?: Timing | undefined;
        signal?: AbortSignal | undefined;
        lastEventId?: string | undefined;
    });
    close: () => void;
    /** Comes back at once, over a new connection. */
    renew: () => void;
}
