import { curlSample } from "./curl-sample.ts";
import type { DescribedOperation, Media, Parameter } from "./described.ts";
import { type Html, html, inline, prose } from "./html.ts";
import { schemaWords } from "./schema-table.ts";
import type { Json } from "./schemas.ts";

const PROBLEM = "application/problem+json";

/** One operation: what it takes, answers and can go wrong with, and beside it code that calls it. */
export function operationSection(
  { path, method, operation }: { path: string; method: string; operation: DescribedOperation },
  shared: Readonly<Record<string, Parameter>>,
): Html {
  const { operationId, summary, description, security, parameters = [], requestBody, responses } = operation;
  const all = parameters.map((one) => shared[one.$ref?.split("/").at(-1) ?? ""] ?? one);
  const ways = security.map((way) => Object.keys(way).join(" and ") || "none");
  const answers = Object.entries(responses);
  const problems = answers.filter(([, { content }]) => content?.[PROBLEM] !== undefined);
  const samples = [
    { label: "curl", source: curlSample(path, method, operation) },
    ...(operation["x-codeSamples"] ?? []),
  ];
  return html`<article id="${operationId}" data-method="${method}" data-path="${path}">
<h3><b class="${method}">${method}</b> <code>${path}</code></h3>
<div class="told">
<p class="summary">${inline(summary)}</p>
${description !== undefined && prose(description)}
<p class="access">${ways.length === 0 ? "For anyone" : html`Token: <a href="#security">${ways.join(" or ")}</a>`}</p>
${all.length > 0 && parameterTable(all)}
${requestBody !== undefined && html`<h4>Body</h4>${mediaPart(requestBody.content)}`}
${answers.filter((answer) => !problems.includes(answer)).map(([status, answer]) => html`<h4><span class="status">${status}</span> ${inline(answer.description)}</h4>${headerLine(answer.headers)}${mediaPart(answer.content ?? {})}`)}
<details><summary>Problems</summary><table><thead><tr><th scope="col">Status</th><th scope="col">Code</th></tr></thead><tbody>${problems.map(([status, { content }]) => html`<tr><td>${status}</td><td>${Object.keys(content?.[PROBLEM]?.examples ?? {}).map((code) => html`<a href="problems/${code}"><code>${code}</code></a> `)}</td></tr>\n`)}</tbody></table></details>
</div>
<div class="samples">${samples.map(({ label, source }) => html`<figure><figcaption>${label}</figcaption><pre tabindex="0"><code>${source}</code></pre></figure>\n`)}</div>
</article>
`;
}

function parameterTable(parameters: readonly Parameter[]): Html {
  return html`<table><thead><tr><th scope="col">Parameter</th><th scope="col">In</th><th scope="col">Value</th><th scope="col">Meaning</th></tr></thead><tbody>${parameters.map((one) => html`<tr><td><code>${one.name}</code>${!one.required && html` <small>optional</small>`}</td><td>${one.in}</td><td>${schemaWords(one.schema)}</td><td>${inline(one.description)}</td></tr>\n`)}</tbody></table>`;
}

function headerLine(headers: Json | undefined): Html {
  return html`<p class="headers">${Object.keys(headers ?? {}).join(" · ")}</p>`;
}

function mediaPart(content: Readonly<Record<string, Media>>): Html {
  return html`${Object.entries(content).map(
    ([type, { schema, example, "x-events": events, "x-stream-example": stream }]) => {
      const text = stream ?? JSON.stringify(example, null, 2);
      return html`<p><code>${type}</code> ${schemaWords(schema)}</p>${events !== undefined && html`<dl>${Object.entries(events).map(([name, event]) => html`<dt><code>${name}</code> ${schemaWords(event.schema)}</dt><dd>${inline(event.description)}</dd>\n`)}</dl>`}${text !== undefined && html`<pre tabindex="0"><code>${text}</code></pre>`}`;
    },
  )}`;
}
