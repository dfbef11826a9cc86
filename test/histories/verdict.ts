/** What a history must not come to. The kind tells one fault from another, also when the history gets shorter. */
export class Violation extends Error {
  override readonly name = "Violation";
  readonly kind: string;

  constructor(kind: string, message: string) {
    super(message);
    this.kind = kind;
  }
}

export type Violate = (kind: string, message: string) => void;
