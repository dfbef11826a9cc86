import { z } from "zod";
import { documentPage } from "./openapi/page.ts";
import { type Description, openApiDocument } from "./openapi.ts";
import { type Operation, operation } from "./operation.ts";
import { assetOperation, type StaticFile, sendFile, staticFile, staticText } from "./static-file.ts";

/** The page is made here and now and has no script at all, so nothing but its style sheet is ever loaded. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

interface Documentation {
  readonly document: StaticFile;
  readonly page: StaticFile;
}

/**
 * These operations and, beside them, their OpenAPI document and the page for it. Both are made once, for the first who
 * asks: many an instance is never asked, and its start need not wait for it.
 */
export function withDocumentation(operations: readonly Operation[], description: Description): readonly Operation[] {
  let made: Documentation | undefined;
  const documentation = (): Documentation => {
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
        200: { description: "OpenAPI 3.1", schema: z.looseObject({ openapi: z.string(), paths: z.looseObject({}) }) },
        304: { description: "The client's `If-None-Match` names this very document" },
      },
      problems: [],
      handle: ({ request, response }) => sendFile(request, response, documentation().document),
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
      handle: ({ request, response }) => sendFile(request, response, documentation().page),
    }),
    assetOperation(
      "/docs/style.css",
      staticFile(new URL("./openapi/page.css", import.meta.url), "text/css; charset=utf-8"),
    ),
  ];
  return all;
}

function documentationOf(operations: readonly Operation[], description: Description): Documentation {
  const described = openApiDocument(operations, description);
  return {
    document: staticText(JSON.stringify(described), "application/json; charset=utf-8"),
    page: staticText(documentPage(described), "text/html; charset=utf-8", PAGE_POLICY),
  };
}
