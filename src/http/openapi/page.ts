import type { DescribedDocument, DescribedOperation } from "./described.ts";
import { type Html, html, inline, prose } from "./html.ts";
import { operationSection } from "./operation-section.ts";
import { schemaTable } from "./schema-table.ts";
import type { Json } from "./schemas.ts";

/** Something that a reader wants to do, with code that does it. */
export interface Recipe {
  /** Of its place on the page. */
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly code: string;
}

/**
 * The OpenAPI document as one page, whole without its script: that only adds a search, copying and trying out. All
 * addresses are relative, so that it works under any path of a proxy.
 */
export function documentPage(json: Json, recipes: readonly Recipe[]): string {
  const document = json as unknown as DescribedDocument;
  const { info, tags, paths, components } = document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const tagged = tags
    .map((tag) => ({ ...tag, operations: operations.filter(({ operation }) => operation.tags.includes(tag.name)) }))
    .filter(({ operations: its }) => its.length > 0);
  const hasBoard = "/" in paths;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${info.title} ${info.version}</title>
${hasBoard && html`<link rel="icon" href="board/icon.svg">`}
<link rel="stylesheet" href="docs/paper.css">
<link rel="stylesheet" href="docs/docs.css">
<link rel="stylesheet" href="docs/operations.css">
<link rel="stylesheet" href="docs/rows.css">
<script type="module" src="docs/docs.js"></script>
</head>
<body>
<header>
<p class="name"><strong>${info.title}</strong> <small>${info.version}</small></p>
<p id="finding" hidden><label for="search">Search</label> <input id="search" type="search" placeholder="conference, 429, retcode  ( / )" autocomplete="off"> <span id="found" role="status"></span></p>
<p class="links"><a href="openapi.json">OpenAPI 3.1</a>${hasBoard && html` · <a href="./">board</a>`}</p>
</header>
<nav aria-label="Contents"><details id="contents"><summary>Contents</summary>
${contents(tagged, recipes, Object.keys(components.schemas))}</details></nav>
<main>
<h1>${info.title}</h1>
${prose(info.description)}
${
  recipes.length > 0 &&
  html`<section id="recipes"><h2>Use it from your app</h2>
<p>There is a typed client for browsers and Node in <code>client/</code>: it sends the token, comes back after every loss, and knows how old its list is.</p>
${recipes.map(({ id, title, text, code }) => html`<article id="${id}" class="recipe"><h3>${title}</h3><p>${inline(text)}</p><pre tabindex="0"><code>${code}</code></pre></article>\n`)}</section>
`
}<section id="security"><h2>Tokens</h2>
<dl>${Object.entries(components.securitySchemes).map(([name, { description }]) => html`<dt>${name}</dt><dd>${inline(description)}</dd>\n`)}</dl>
<p id="trying" hidden><label for="token">A token for trying out, kept in this page's memory; without one the browser's cookie is used</label> <input id="token" type="password" autocomplete="off" spellcheck="false"></p></section>
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

interface Tagged {
  readonly name: string;
  readonly operations: readonly { path: string; method: string; operation: DescribedOperation }[];
}

function contents(tagged: readonly Tagged[], recipes: readonly Recipe[], schemas: readonly string[]): Html {
  const link = (id: string, words: Html | string) => html`<li><a href="#${id}">${words}</a></li>\n`;
  return html`${recipes.length > 0 && html`<h2>recipes</h2>\n<ul>${recipes.map(({ id, title }) => link(id, title))}</ul>\n`}${tagged.map(
    (tag) => html`<h2>${tag.name}</h2>
<ul>${tag.operations.map(({ path, method, operation }) => link(operation.operationId, html`<b class="${method}">${method}</b> ${path}`))}</ul>
`,
  )}<h2>parts</h2>
<ul>${link("security", "tokens")}${schemas.map((name) => link(`schema-${name}`, name))}</ul>
`;
}
