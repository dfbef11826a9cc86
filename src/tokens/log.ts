/** The lines of this room. */
export interface TokenLog {
  /** Each time that a key set could not be had, or is of no use. */
  keysNotAvailable(host: string, fault: Error): void;
  /** Each time that one could. */
  keysFetched(host: string): void;
}
