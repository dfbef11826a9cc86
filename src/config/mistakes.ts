/** One thing that is wrong, by the name of the variable or file. Never holds a value: it may be a secret. */
export interface Mistake {
  readonly name: string;
  readonly message: string;
}

/**
 * Everything that is wrong with the configuration, at once. The message is all that an operator is to see: names and
 * what to do, no value and no stack. The process exits with 78, `EX_CONFIG` of sysexits.h.
 */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[]) {
    const lines = mistakes.map(({ name, message }) => `  ${name}: ${message}`);
    super(`The configuration cannot be used:\n${lines.join("\n")}`);
    this.mistakes = mistakes;
  }
}
