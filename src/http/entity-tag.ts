import { hash } from "node:crypto";
import type { Request, Response } from "express";

/** Names this very representation. */
export function etagOf(text: string): string {
  return `"${hash("sha1", text, "base64url")}"`;
}

/**
 * Puts the tag on the answer. True: the client has this very representation (RFC 9110, 13.1.2: weak comparison), and was
 * told so by a 304. What a cache shall take over has to be on the answer before.
 */
export function answeredUnchanged(request: Request, response: Response, etag: string): boolean {
  response.setHeader("ETag", etag);
  if (!matches(request.headers["if-none-match"], etag)) return false;
  response.statusCode = 304;
  response.end();
  return true;
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header === etag) return true;
  return header.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === etag);
}
