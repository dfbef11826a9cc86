/** Why a set could not be had: a fixed word for the log, in `code` or in that of the error behind it. */
export class KeySetFault extends Error {
  override readonly name = "KeySetFault";
  readonly code: string | undefined;

  constructor(code: string | undefined, cause?: unknown) {
    super("the key set cannot be had", { cause });
    this.code = code;
  }
}
