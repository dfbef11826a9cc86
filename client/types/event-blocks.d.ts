export type EventBlock = {
    event: string;
    data: string;
    /**
     * null: the block had none
     */
    id: string | null;
    retryMs: number | null;
};
/** Puts blocks together from text that comes in pieces, in time that grows with the text and not with what waits. */
export declare class EventBlocks {
    #private;
    /** @param {number} [most] characters of one block */
    constructor(most?: number);
    /**
     * @param {string} text
     * @returns {EventBlock[]} those that are complete by now
     * @throws {ProblemError} `event-too-large`
     */
    take(text: string): EventBlock[];
}
