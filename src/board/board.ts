import { readdirSync, readFileSync } from "node:fs";
import type { Request } from "express";
import { type Operation, operation } from "../http/operation.ts";
import { assetOperation, sendFile, staticFile, staticText } from "../http/static-file.ts";
import { SESSION_COOKIE } from "../tokens/index.ts";

/** Own files only, nothing inline, no frame around it: text from outside can be shown, and do nothing else. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

const PAGE = new URL("./page/", import.meta.url);
const CLIENT = new URL("../../client/", import.meta.url);
const LIT = new URL("./", import.meta.resolve("lit-html"));

/** What the page loads beside its own files: the typed client, and as much of the view library as it uses. */
const LIT_FILES = ["lit-html.js", "directive.js", "directive-helpers.js", "directives/live.js", "directives/repeat.js"];

interface Options {
  /** Whether the service issues sessions itself; otherwise they belong to another app, and the page has no sign-in. */
  readonly signsIn: boolean;
}

/** The live conference board: a page of plain modules, from memory. */
export function boardOperations({ signsIn }: Options): Operation[] {
  const assets = new Map([
    ...namesIn(PAGE, /\.(?:js|css|svg)$/).map((name) => [name, new URL(name, PAGE)] as const),
    ...namesIn(CLIENT, /\.js$/).map((name) => [`client/${name}`, new URL(name, CLIENT)] as const),
    ...LIT_FILES.map((name) => [`lit-html/${name}`, new URL(name, LIT)] as const),
  ]);
  const scripts = [...assets.keys()].filter((name) => name.endsWith(".js") && !name.startsWith("tick"));
  const preloads = scripts.map((name) => `<link rel="modulepreload" href="board/${name}">`).join("\n");
  const text = readFileSync(new URL("board.html", PAGE), "utf8")
    .replace("<!-- modules -->", preloads)
    .replace('data-sign-in="here"', `data-sign-in="${signsIn ? "here" : "elsewhere"}"`);
  const forAnybody = staticText(text, TYPES.html as string, POLICY);
  const withoutSession = text.replace('data-session="perhaps"', 'data-session="none"');
  const forStranger = staticText(withoutSession, TYPES.html as string, POLICY);
  return [
    operation({
      method: "get",
      path: "/",
      id: "board",
      summary: "The live conference board, for a browser",
      access: "anyone",
      answers: {
        200: { description: "The page", contentType: "text/html" },
        304: { description: "The client's `If-None-Match` names this very page" },
      },
      problems: [],
      handle({ request, response }) {
        response.vary("Cookie").vary("Sec-Fetch-Site");
        sendFile(request, response, hasNoSession(request) ? forStranger : forAnybody);
      },
    }),
    ...[...assets].map(([name, file]) => {
      const type = TYPES[name.split(".").at(-1) ?? ""] as string;
      return assetOperation(`/board/${name}`, type, () => staticFile(file, type));
    }),
  ];
}

const namesIn = (folder: URL, pattern: RegExp): string[] => readdirSync(folder).filter((name) => pattern.test(name));

/**
 * Whether it is certain that this browser has no session cookie, which its scripts cannot see: the page then need not
 * ask for a session in vain. A link from another site leaves a `SameSite=Strict` cookie at home, so that nothing is
 * certain there.
 */
function hasNoSession({ headers }: Request): boolean {
  const site = headers["sec-fetch-site"];
  return (site === "none" || site === "same-origin") && !headers.cookie?.includes(`${SESSION_COOKIE}=`);
}
