/**
 * One block of a stream of server-sent events, as the HTML standard reads them (section 9.2.6).
 *
 * @typedef {object} EventBlock
 * @property {string} event
 * @property {string} data
 * @property {string | null} id null: the block had none
 * @property {number | null} retryMs
 */
export type EventBlock = {
    event: string;
    data: string;
    /**
     * null: the block had none
     */
    id: string | null;
    retryMs: number | null;
};
/** Puts blocks together from text that comes in pieces. */
export declare class EventBlocks {
    #private;
    /**
     * @param {string} text
     * @returns {EventBlock[]} those that are complete by now
     */
    take(text: string): EventBlock[];
}
