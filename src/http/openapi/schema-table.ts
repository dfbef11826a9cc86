import { type Html, html, inline } from "./html.ts";
import type { Json } from "./schemas.ts";

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly description?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/** A schema as people say it: `text`, `list of Conference`, `one of "a", "b"`. */
export function schemaWords(json: Json): Html {
  const schema = json as Schema;
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split("/").at(-1) ?? "";
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  const alternatives = schema.anyOf ?? schema.allOf;
  if (alternatives !== undefined) {
    const word = schema.anyOf === undefined ? " with " : " or ";
    return html`${alternatives.map((one, place) => [place === 0 ? "" : word, schemaWords(one as Json)])}`;
  }
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum !== undefined) {
    return html`${schema.enum.map((value, place) => [place === 0 ? "" : " | ", html`<code>${JSON.stringify(value)}</code>`])}`;
  }
  if (schema.items !== undefined) return html`list of ${schemaWords(schema.items as Json)}`;
  const names = Object.keys(schema.properties ?? {});
  if (names.length > 0) return html`{ ${names.join(", ")} }`;
  return html`${[schema.type ?? "anything"].flat().join(" or ")}${limits(schema)}`;
}

function limits({ format, pattern, minLength, maxLength, minimum, maximum }: Schema): Html {
  const said = [
    format,
    minLength !== undefined || maxLength !== undefined
      ? `${minLength ?? 0} to ${maxLength ?? "any number of"} signs`
      : null,
    minimum !== undefined && `from ${minimum}`,
    maximum !== undefined && `up to ${maximum}`,
    pattern !== undefined && pattern,
  ].filter((one) => typeof one === "string");
  return html`${said.length === 0 ? "" : ` (${said.join(", ")})`}`;
}

/** The fields of an object, a row each. */
export function schemaTable(json: Json): Html {
  const schema = json as Schema;
  const rows = Object.entries(schema.properties ?? {});
  if (rows.length === 0) return html`<p>${schemaWords(json)}</p>`;
  return html`<table>
<thead><tr><th scope="col">Field</th><th scope="col">Value</th><th scope="col">Meaning</th></tr></thead>
<tbody>${rows.map(([name, field]) => html`<tr><td><code>${name}</code>${!schema.required?.includes(name) && html` <small>optional</small>`}</td><td>${schemaWords(field as Json)}${field.default !== undefined && html`, <code>${JSON.stringify(field.default)}</code> when left out`}</td><td>${inline(field.description)}</td></tr>\n`)}</tbody>
</table>`;
}
