import { readFileSync } from "node:fs";
import type { Request, Response } from "express";
import { answeredUnchanged, etagOf } from "./entity-tag.ts";
import { type Operation, operation } from "./operation.ts";

/** A file that never changes while the process runs, kept in memory. */
export interface StaticFile {
  readonly body: Buffer;
  readonly contentType: string;
  readonly etag: string;
  /** A page brings its own, instead of the one that lets an API answer load nothing. */
  readonly contentSecurityPolicy: string | undefined;
}

export function staticText(text: string, contentType: string, contentSecurityPolicy?: string): StaticFile {
  return { body: Buffer.from(text), contentType, etag: etagOf(text), contentSecurityPolicy };
}

/** Read once. */
export function staticFile(file: URL, contentType: string, contentSecurityPolicy?: string): StaticFile {
  return staticText(readFileSync(file, "utf8"), contentType, contentSecurityPolicy);
}

/** A browser may keep it and asks each time, so that a new release is seen at once and costs a 304 otherwise. */
export function sendFile(request: Request, response: Response, file: StaticFile): void {
  // Before the 304 too: a browser takes the headers of a 304 over to what it has kept (RFC 9111, 3.2).
  if (file.contentSecurityPolicy !== undefined) {
    response.setHeader("Content-Security-Policy", file.contentSecurityPolicy);
  }
  response.setHeader("Cache-Control", "no-cache");
  if (answeredUnchanged(request, response, file.etag)) return;
  response.setHeader("Content-Type", file.contentType);
  response.setHeader("Content-Length", file.body.length);
  response.end(file.body);
}

/**
 * What a page of ours loads: routed like everything else, left out of the OpenAPI document.
 *
 * @param read called for the first who asks: a start need not wait for it
 */
export function assetOperation(path: string, contentType: string, read: () => StaticFile): Operation {
  let file: StaticFile | undefined;
  return operation({
    method: "get",
    path,
    id: `asset ${path}`,
    summary: "Part of a page",
    access: "anyone",
    hidden: true,
    answers: { 200: { description: "The file", contentType } },
    problems: [],
    handle({ request, response }) {
      file ??= read();
      sendFile(request, response, file);
    },
  });
}
