/** The connections to a store that is elsewhere: for commands, for the hot reads, for messages. */
export type StoreConnection = "commands" | "reads" | "messages";

/** What a store tells whoever runs it, also while nobody asks it for anything. */
export interface StoreNotices {
  /** A connection cannot be had, or has come. To be told as often as it is found. */
  connection(which: StoreConnection, fault: Error | null): void;
  /** The store is set up so that it may lose what it is given: a sentence, told once. */
  doubtful(sentence: string): void;
}

/** For whoever keeps the connection up. */
export function noticesOf(which: StoreConnection, notices: StoreNotices | undefined, connected?: () => void) {
  return {
    onTrouble: (fault: Error): void => notices?.connection(which, fault),
    onConnected: (): void => {
      notices?.connection(which, null);
      connected?.();
    },
  };
}
