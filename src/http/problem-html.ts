import type { ProblemCode } from "../problems.ts";
import { type Html, html, inline } from "./openapi/html.ts";

export interface ExplainedProblem {
  readonly code: ProblemCode;
  readonly status: number;
  readonly title: string;
  readonly help: string;
  /** The gateway's codes that lead to it. */
  readonly retcodes: readonly string[];
}

/** All addresses are relative, so that the pages work under any path of a proxy. */
export function problemListPage(problems: readonly ExplainedProblem[]): string {
  const rows = problems.map(
    (problem) => html`<tr id="${problem.code}">
<td><a href="problems/${problem.code}"><code>${problem.code}</code></a></td><td>${problem.status}</td>
<td><strong>${problem.title}</strong><br>${inline(problem.help)}</td><td>${codes(problem.retcodes)}</td>
</tr>
`,
  );
  return page(
    "Problems",
    "",
    html`<h1>Problems</h1>
<p>Every failure of this service is one of these. Decide by its <code>code</code>; tell the operators its <code>requestId</code>.</p>
<div class="wide"><table>
<thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">What it means, and what to do</th><th scope="col">From the gateway's</th></tr></thead>
<tbody>${rows}</tbody>
</table></div>`,
  );
}

export function problemPage({ code, status, title, help, retcodes }: ExplainedProblem): string {
  return page(
    `${title} (${code})`,
    "../",
    html`<h1>${title}</h1>
<p class="facts"><span class="status">${status}</span> <code>${code}</code></p>
<p>${inline(help)}</p>
${retcodes.length > 0 && html`<p>The gateway's codes that lead to it: ${codes(retcodes)}</p>`}
<p>A problem's <code>requestId</code> names the request in the operators' log, where there is more.</p>`,
  );
}

const codes = (retcodes: readonly string[]): Html => html`${retcodes.map((one) => html`<code>${one}</code> `)}`;

/** @param up from the page to the service's root */
function page(title: string, up: string, main: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="stylesheet" href="${up}docs/paper.css">
<link rel="stylesheet" href="${up}docs/problems.css">
<link rel="stylesheet" href="${up}docs/rows.css">
</head>
<body>
<nav aria-label="This service"><a href="${up}problems">All problems</a> · <a href="${up}docs">The interface</a></nav>
<main>
${main}
</main>
</body>
</html>
`.text;
}
