/**
 * Secrets that can be found again wherever they were written, and in whatever form: as they are, in hexadecimal, in
 * Base64 at any place of a longer text. Each holds a stretch of letters and digits, which no escaping changes.
 */
export class MarkedSecrets {
  readonly #forms = new Map<string, string[]>();

  /** @param secret letters, digits and such that has to be long enough not to be found by chance */
  add(name: string, secret: string | Uint8Array): void {
    const bytes = Buffer.from(secret as Uint8Array);
    if (bytes.length < 12) throw new Error(`${name} is too short to be told from chance`);
    const texts = [bytes.toString("latin1"), bytes.toString("hex"), bytes.toString("hex").toUpperCase()];
    for (let offset = 0; offset < 3; offset++) {
      // Where it stands in a longer text decides how its bytes fall into groups of three; the ends depend on the rest.
      const shifted = Buffer.concat([Buffer.alloc(offset), bytes])
        .toString("base64")
        .replace(/=+$/, "");
      const middle = shifted.slice(offset === 0 ? 0 : 4, -3);
      texts.push(middle, middle.replaceAll("+", "-").replaceAll("/", "_"));
    }
    this.#forms.set(name, [...new Set([...(this.#forms.get(name) ?? []), ...texts])]);
  }

  /** The names of those that are in the text. */
  foundIn(text: string | Uint8Array, except: readonly string[] = []): string[] {
    const searched =
      typeof text === "string" ? Buffer.from(text).toString("latin1") : Buffer.from(text).toString("latin1");
    return [...this.#forms]
      .filter(([name, forms]) => !except.includes(name) && forms.some((form) => searched.includes(form)))
      .map(([name]) => name);
  }
}
