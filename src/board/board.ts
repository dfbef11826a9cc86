import { readFileSync } from "node:fs";
import type { Request } from "express";
import { type Operation, operation } from "../http/operation.ts";
import { assetOperation, sendFile, staticText } from "../http/static-file.ts";
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

const HTML = "text/html; charset=utf-8";

/** What the page loads, with its media type. */
const ASSETS: Readonly<Record<string, string>> = {
  "board.css": "text/css; charset=utf-8",
  "board.js": "text/javascript; charset=utf-8",
  "changes.js": "text/javascript; charset=utf-8",
  "conferences.js": "text/javascript; charset=utf-8",
  "elements.js": "text/javascript; charset=utf-8",
  "icon.svg": "image/svg+xml",
  "service.js": "text/javascript; charset=utf-8",
  "sign-in-form.js": "text/javascript; charset=utf-8",
  "stream.js": "text/javascript; charset=utf-8",
};

/** The live conference board: a page with its style sheet and scripts, from memory. */
export function boardOperations(): Operation[] {
  const text = read("board.html");
  const forAnybody = staticText(text, HTML, POLICY);
  const forStranger = staticText(text.replace('data-session="perhaps"', 'data-session="none"'), HTML, POLICY);
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
    ...Object.entries(ASSETS).map(([name, type]) => assetOperation(`/board/${name}`, staticText(read(name), type))),
  ];
}

const read = (name: string): string => readFileSync(new URL(`./page/${name}`, import.meta.url), "utf8");

/**
 * Whether it is certain that this browser has no session cookie, which its scripts cannot see: the page then need not
 * ask for a session in vain. A link from another site leaves a `SameSite=Strict` cookie at home, so that nothing is
 * certain there.
 */
function hasNoSession({ headers }: Request): boolean {
  const site = headers["sec-fetch-site"];
  return (site === "none" || site === "same-origin") && !headers.cookie?.includes(`${SESSION_COOKIE}=`);
}
