/**
 * Updates on their way to one reader: a function that is called with each, or a loop.
 *
 * @template {{ type: string }} Update
 */
export declare class Updates<Update extends {
    type: string;
}> {
    #private;
    /**
     * @param {((update: Update) => void) | null} listener
     * @param {(type: string) => boolean} onlyNewest of which types a slow loop gets the newest update alone, in its place
     */
    constructor(listener: ((update: Update) => void) | null, onlyNewest: (type: string) => boolean);
    /** How many wait to be read. */
    get waiting(): number;
    /** @param {Update} update */
    push(update: Update): void;
    /** Nothing more comes; what waits can still be read. */
    end(): void;
    /** Resolves when few enough wait. @param {number} most @returns {Promise<void> | void} */
    room(most: number): Promise<void> | void;
    /**
     * Not a generator: that would hear of a reader who has left only when something comes.
     *
     * @param {() => void} leave what to do when the reader has left the loop
     * @returns {AsyncIterableIterator<Update>}
     */
    read(leave: () => void): AsyncIterableIterator<Update>;
}
