/**
 * @typedef {{ $ref?: string, name: string, in: string, required?: boolean, description?: string }} Parameter
 * @typedef {{ parameters?: Parameter[], requestBody?: { content: Record<string, { example?: unknown }> } }} Operation
 */

/** What of a stream stays on the page. */
const MOST_SHOWN = 20_000;
/** Headers worth seeing beside an answer. */
const HEADERS = ["Content-Type", "ETag", "Age", "Location", "Retry-After", "RateLimit", "Allow", "X-Request-Id"];

/** @type {Promise<any> | null} */
let document_ = null;

/** Lets a reader send a request for each operation, from where the page is: with the token typed in, or the cookie. */
export function addTrying() {
  /** @type {HTMLElement} */ (document.getElementById("trying")).hidden = false;
  for (const article of document.querySelectorAll("article[data-method]")) {
    const details = make("details", { className: "try" }, [make("summary", { textContent: "Try it" })]);
    details.addEventListener("toggle", () => void open(article, details), { once: true });
    article.append(details);
  }
}

/** @param {Element} article @param {HTMLElement} details */
async function open(article, details) {
  document_ ??= fetch("openapi.json").then((answer) => answer.json());
  const api = await document_;
  const { method = "", path = "" } = /** @type {HTMLElement} */ (article).dataset;
  /** @type {Operation} */
  const operation = api.paths[path][method];
  const parameters = (operation.parameters ?? [])
    .map((one) => (one.$ref === undefined ? one : api.components.parameters[one.$ref.split("/").at(-1) ?? ""]))
    .filter(({ in: place }) => place === "path" || place === "query");
  const [media] = Object.values(operation.requestBody?.content ?? {});
  details.append(form(article.id, method, path, parameters, media?.example));
}

/**
 * @param {string} id
 * @param {string} method
 * @param {string} path
 * @param {Parameter[]} parameters
 * @param {unknown} example
 */
function form(id, method, path, parameters, example) {
  const inputs = parameters.map(({ name, in: place, required = false, description = "" }) => ({
    name,
    place,
    input: make("input", { id: `${id}-${name}`, required, title: description, autocomplete: "off", spellcheck: false }),
  }));
  const body =
    example === undefined
      ? null
      : make("textarea", { id: `${id}-body`, rows: 8, value: JSON.stringify(example, null, 2), spellcheck: false });
  const send = make("button", { type: "submit", textContent: "Send" });
  const stop = make("button", { type: "button", textContent: "Stop", hidden: true });
  const status = make("p", { className: "status-line" });
  status.setAttribute("role", "status");
  const output = make("pre", { tabIndex: 0, hidden: true });
  const fields = inputs.map(({ name, input }) => labelled(name, input));
  const all = [
    ...fields,
    ...(body === null ? [] : [labelled("body", body)]),
    make("p", {}, [send, stop]),
    status,
    output,
  ];
  const element = make("form", {}, all);
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    const leaving = new AbortController();
    stop.onclick = () => leaving.abort();
    stop.hidden = false;
    output.hidden = true;
    output.textContent = "";
    status.textContent = "Sent …";
    const filled = inputs.map(({ name, place, input }) => ({ name, place, value: input.value }));
    try {
      await ask(method, addressOf(path, filled), body?.value, leaving.signal, status, output);
    } catch {
      status.textContent += leaving.signal.aborted ? " · stopped" : " · no answer";
    }
    stop.hidden = true;
  });
  return element;
}

/**
 * Relative, as the page is. @param {string} path
 * @param {{ name: string, place: string, value: string }[]} filled
 */
function addressOf(path, filled) {
  const query = new URLSearchParams();
  let address = path.slice(1);
  for (const { name, place, value } of filled) {
    if (place === "path") address = address.replace(`{${name}}`, encodeURIComponent(value));
    else if (value !== "") query.set(name, value);
  }
  return query.size === 0 ? `./${address}` : `./${address}?${query}`;
}

/**
 * @param {string} method
 * @param {string} address
 * @param {string | undefined} body
 * @param {AbortSignal} signal
 * @param {HTMLElement} status
 * @param {HTMLElement} output
 */
async function ask(method, address, body, signal, status, output) {
  const { value: token } = /** @type {HTMLInputElement} */ (document.getElementById("token"));
  /** @type {Record<string, string>} */
  const headers = {};
  if (token !== "") headers.Authorization = `Bearer ${token}`;
  else if (method !== "get") headers["X-CSRF"] = "1";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  /** @type {RequestInit} */
  const request = { method: method.toUpperCase(), headers, signal, cache: "no-store" };
  if (body !== undefined) request.body = body;
  if (token !== "") request.credentials = "omit";
  const answer = await fetch(address, request);
  const told = HEADERS.flatMap((name) => (answer.headers.has(name) ? `${name}: ${answer.headers.get(name)}` : []));
  status.textContent = [`${answer.status}`, ...told].join(" · ");
  output.hidden = false;
  if (!answer.headers.get("Content-Type")?.startsWith("text/event-stream")) {
    output.textContent = pretty(await answer.text());
    return;
  }
  const decoder = new TextDecoder();
  for await (const piece of /** @type {AsyncIterable<Uint8Array>} */ (/** @type {unknown} */ (answer.body))) {
    output.textContent = `${output.textContent}${decoder.decode(piece, { stream: true })}`.slice(-MOST_SHOWN);
  }
}

/** @param {string} text */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** @param {string} name @param {HTMLElement} field */
const labelled = (name, field) => make("label", {}, [make("span", { textContent: name }), field]);

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]>} properties
 * @param {readonly (HTMLElement | string)[]} [children]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
function make(tag, properties, children = []) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}
