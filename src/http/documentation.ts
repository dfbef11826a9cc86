import { z } from "zod";
import type { Description } from "./openapi.ts";
import { type Operation, operation } from "./operation.ts";
import { assetOperation, type StaticFile, sendFile, staticFile, staticText } from "./static-file.ts";

/** Own files only, nothing inline: the page is whole without its script, which tries operations of this service. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const ASSETS = {
  "paper.css": "text/css; charset=utf-8",
  "docs.css": "text/css; charset=utf-8",
  "operations.css": "text/css; charset=utf-8",
  "problems.css": "text/css; charset=utf-8",
  "rows.css": "text/css; charset=utf-8",
  "docs.js": "text/javascript; charset=utf-8",
  "search.js": "text/javascript; charset=utf-8",
  "trying.js": "text/javascript; charset=utf-8",
} as const;

const documentSchema = z.looseObject({
  openapi: z
    .string()
    .regex(/^3\.1\.[0-9]+$/)
    .meta({ description: "The version of OpenAPI" }),
  paths: z.looseObject({}).meta({ description: "The operations by path and method" }),
});

interface Documentation {
  readonly document: StaticFile;
  readonly page: StaticFile;
}

/**
 * These operations and, beside them, their OpenAPI document and the page for it. Both are made once, for the first who
 * asks, and what makes them is read then: many an instance is never asked, and its start need not wait for it.
 */
export function withDocumentation(operations: readonly Operation[], description: Description): readonly Operation[] {
  let made: Promise<Documentation> | undefined;
  const documentation = (): Promise<Documentation> => {
    made ??= documentationOf(all, description);
    return made;
  };
  const all = [
    ...operations,
    operation({
      method: "get",
      path: "/openapi.json",
      id: "openApiDocument",
      summary: "This document",
      access: "anyone",
      answers: {
        200: { description: "OpenAPI 3.1", schema: documentSchema },
        304: { description: "The client's `If-None-Match` names this very document" },
      },
      problems: [],
      handle: async ({ request, response }) => sendFile(request, response, (await documentation()).document),
    }),
    operation({
      method: "get",
      path: "/docs",
      id: "documentPage",
      summary: "This document as a page",
      access: "anyone",
      answers: {
        200: { description: "The page", contentType: "text/html" },
        304: { description: "The client's `If-None-Match` names this very page" },
      },
      problems: [],
      handle: async ({ request, response }) => sendFile(request, response, (await documentation()).page),
    }),
    ...Object.entries(ASSETS).map(([name, type]) =>
      assetOperation(`/docs/${name}`, type, () => staticFile(new URL(`./openapi/page/${name}`, import.meta.url), type)),
    ),
  ];
  return all;
}

async function documentationOf(operations: readonly Operation[], description: Description): Promise<Documentation> {
  const [{ openApiDocument }, { documentPage }] = await Promise.all([
    import("./openapi.ts"),
    import("./openapi/page.ts"),
  ]);
  const described = openApiDocument(operations, description);
  return {
    document: staticText(JSON.stringify(described), "application/json; charset=utf-8"),
    page: staticText(documentPage(described, description.recipes()), "text/html; charset=utf-8", PAGE_POLICY),
  };
}
