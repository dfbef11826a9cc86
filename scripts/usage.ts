/** Exit codes of sysexits.h. */
export const EX_USAGE = 64;
export const EX_CONFIG = 78;

/** A wrong call, in words for whoever made it. */
export class UsageError extends Error {}

/** What `parseArgs` cannot read is a wrong call. */
export function readArguments<Arguments>(read: () => Arguments): Arguments {
  try {
    return read();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "the arguments cannot be read");
  }
}
