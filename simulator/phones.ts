/** What a phone outside does when it is called. There is one at every number. */
export interface Phone {
  /** `rings`: nobody is there. */
  readonly does: "answers" | "declines" | "rings";
  /** How long it rings before; `null`: `phoneAnswerMs`. Scaled as that is. */
  readonly afterMs: number | null;
}

const USUAL: Phone = { does: "answers", afterMs: null };

export class Phones {
  readonly #known = new Map<string, Phone>();

  at(number: string): Phone {
    return this.#known.get(number) ?? USUAL;
  }

  put(number: string, change: Partial<Phone>): Phone {
    const phone = { ...this.at(number), ...change };
    this.#known.set(number, phone);
    return phone;
  }

  /** Those that are not the usual ones. */
  list(): (Phone & { readonly number: string })[] {
    return [...this.#known].map(([number, phone]) => ({ number, ...phone }));
  }

  clear(): void {
    this.#known.clear();
  }
}
