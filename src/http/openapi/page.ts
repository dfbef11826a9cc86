import { type Html, html, inline, prose } from "./html.ts";
import { schemaTable, schemaWords } from "./schema-table.ts";
import type { Json } from "./schemas.ts";

interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly schema: Json;
}

interface Media {
  readonly schema: Json;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, unknown>>;
  readonly "x-events"?: Readonly<Record<string, { description: string; schema: Json; example: unknown }>>;
}

interface Answer {
  readonly description: string;
  readonly headers?: Json;
  readonly content?: Readonly<Record<string, Media>>;
}

interface DescribedOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security: readonly Json[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Answer>>;
}

interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Json>>;
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly securitySchemes: Readonly<Record<string, { readonly description: string }>>;
  };
}

const PROBLEM = "application/problem+json";

/** The OpenAPI document as one page without any script. */
export function documentPage(json: Json): string {
  const document = json as unknown as Document;
  const { info, tags, paths, components } = document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const tagged = tags.map((tag) => ({
    ...tag,
    operations: operations.filter(({ operation }) => operation.tags.includes(tag.name)),
  }));
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${info.title} ${info.version}</title>
<link rel="icon" href="/board/icon.svg">
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<nav aria-label="Operations">
<p><strong>${info.title}</strong> <small>${info.version}</small></p>
<p><a href="/openapi.json">OpenAPI 3.1</a> · <a href="/">board</a></p>
${tagged.map(
  (tag) => html`<h2>${tag.name}</h2>
<ul>${tag.operations.map(({ path, method, operation }) => html`<li><a href="#${operation.operationId}"><b class="${method}">${method}</b> ${path}</a></li>\n`)}</ul>
`,
)}<h2>parts</h2>
<ul><li><a href="#security">tokens</a></li>${Object.keys(components.schemas).map((name) => html`<li><a href="#schema-${name}">${name}</a></li>\n`)}</ul>
</nav>
<main>
<h1>${info.title}</h1>
${prose(info.description)}
<section id="security"><h2>Tokens</h2>
<dl>${Object.entries(components.securitySchemes).map(([name, { description }]) => html`<dt>${name}</dt><dd>${inline(description)}</dd>\n`)}</dl></section>
${tagged.map(
  (tag) => html`<section><h2>${tag.name}</h2>
${prose(tag.description)}
${tag.operations.map((one) => operationSection(one, components.parameters))}</section>
`,
)}<section><h2>Schemas</h2>
${Object.entries(components.schemas).map(([name, schema]) => html`<article id="schema-${name}"><h3>${name}</h3>${schema.description !== undefined && prose(schema.description)}${schemaTable(schema)}</article>\n`)}</section>
</main>
</body>
</html>
`;
  return page.text;
}

function operationSection(
  { path, method, operation }: { path: string; method: string; operation: DescribedOperation },
  shared: Document["components"]["parameters"],
): Html {
  const { operationId, summary, description, security, parameters = [], requestBody, responses } = operation;
  const all = parameters.map((one) => shared[one.$ref?.split("/").at(-1) ?? ""] ?? one);
  const ways = security.map((way) => Object.keys(way).join(" and ") || "none");
  const answers = Object.entries(responses);
  const problems = answers.filter(([, { content }]) => content?.[PROBLEM] !== undefined);
  return html`<article id="${operationId}">
<h3><b class="${method}">${method}</b> <code>${path}</code></h3>
<p class="summary">${inline(summary)}</p>
${description !== undefined && prose(description)}
<p class="access">${ways.length === 0 ? "For anyone" : html`Token: <a href="#security">${ways.join(" or ")}</a>`}</p>
${all.length > 0 && html`<table><thead><tr><th scope="col">Parameter</th><th scope="col">In</th><th scope="col">Value</th><th scope="col">Meaning</th></tr></thead><tbody>${all.map((one) => html`<tr><td><code>${one.name}</code>${!one.required && html` <small>optional</small>`}</td><td>${one.in}</td><td>${schemaWords(one.schema)}</td><td>${inline(one.description)}</td></tr>\n`)}</tbody></table>`}
${requestBody !== undefined && html`<h4>Body</h4>${mediaPart(requestBody.content)}`}
${answers.filter((answer) => !problems.includes(answer)).map(([status, answer]) => html`<h4><span class="status">${status}</span> ${inline(answer.description)}</h4>${headerLine(answer.headers)}${mediaPart(answer.content ?? {})}`)}
<details><summary>Problems</summary><table><thead><tr><th scope="col">Status</th><th scope="col">Code</th></tr></thead><tbody>${problems.map(([status, { content }]) => html`<tr><td>${status}</td><td>${Object.keys(content?.[PROBLEM]?.examples ?? {}).map((code) => html`<a href="/problems/${code}"><code>${code}</code></a> `)}</td></tr>\n`)}</tbody></table></details>
</article>
`;
}

function headerLine(headers: Json | undefined): Html {
  return html`<p class="headers">${Object.keys(headers ?? {}).join(" · ")}</p>`;
}

function mediaPart(content: Readonly<Record<string, Media>>): Html {
  return html`${Object.entries(content).map(([type, { schema, example, "x-events": events }]) => {
    const text = typeof example === "string" ? example : JSON.stringify(example, null, 2);
    return html`<p><code>${type}</code> ${schemaWords(schema)}</p>${events !== undefined && html`<dl>${Object.entries(events).map(([name, event]) => html`<dt><code>${name}</code> ${schemaWords(event.schema)}</dt><dd>${inline(event.description)}</dd>\n`)}</dl>`}${example !== undefined && html`<pre tabindex="0">${text}</pre>`}`;
  })}`;
}
