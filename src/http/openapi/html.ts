/** Markup that is safe to put into a page. Only this file makes it. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | null | undefined | false | readonly Part[];

/** Every value but markup made the same way is escaped. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.reduce((text, string, place) => text + markup(parts[place - 1]) + string));
}

function markup(part: Part): string {
  if (part === null || part === undefined || part === false) return "";
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(markup).join("");
  return String(part).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Paragraphs with `code` in them: as much of CommonMark as our descriptions use. */
export function prose(text: unknown): Html {
  return html`${String(text ?? "")
    .split(/\n\n/)
    .map((paragraph) => html`<p>${inline(paragraph)}</p>`)}`;
}

export function inline(text: unknown): Html {
  const parts = String(text ?? "").split("`");
  return html`${parts.map((part, place) => (place % 2 === 0 ? part : html`<code>${part}</code>`))}`;
}
