import type { SessionEventMap } from "../api.d.ts";
import type { Calls } from "./calls.js";
import type { End, Timing, Trouble } from "./line.js";
export type Ending = "session-ended" | "token-expired" | "replaced" | "instance-ending";
export type SessionEvent = {
    [Name in Exclude<keyof SessionEventMap, Ending>]: {
        type: Name;
        data: SessionEventMap[Name];
        id: string | null;
    };
}[Exclude<keyof SessionEventMap, Ending>];
export type SessionUpdate = SessionEvent | {
    type: "open";
} | ({
    type: "trouble";
} & Trouble) | ({
    type: "end";
} & End);
export type SessionEventsOptions = {
    /**
     * of an earlier stream: what came since then comes first, as far as it is kept
     */
    lastEventId?: string;
    /**
     * aborted: closed
     */
    signal?: AbortSignal;
    /**
     * other times than the usual ones, for tests
     */
    timing?: Timing;
};
/** The agent's gateway events and the session's own state, in order, for as long as they are wanted. */
export declare class SessionEvents {
    #private;
    /**
     * @param {Calls} calls
     * @param {SessionEventsOptions} options
     * @param {((update: SessionUpdate) => void) | null} listener
     */
    constructor(calls: Calls, { lastEventId, signal, timing }: SessionEventsOptions, listener: ((update: SessionUpdate) => void) | null);
    close(): void;
    [Symbol.asyncIterator](): AsyncIterableIterator<SessionUpdate>;
}
