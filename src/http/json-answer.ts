import { hash } from "node:crypto";
import type { Request, Response } from "express";

/** Session answers are nobody else's: no cache keeps them. */
export function sendJson(response: Response, status: number, body: unknown): void {
  sendJsonText(response, status, JSON.stringify(body));
}

/** The same of what is JSON already. */
export function sendJsonText(response: Response, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.setHeader("Cache-Control", "no-store");
  response.end(text);
}

/** 204: it is done, and there is nothing to say of it. */
export function sendNothing(response: Response): void {
  response.statusCode = 204;
  response.setHeader("Cache-Control", "no-store");
  response.end();
}

export function etagOf(text: string): string {
  return `"${hash("sha1", text, "base64url")}"`;
}

/** Whether the client has this very representation (RFC 9110, 13.1.2: weak comparison). */
export function matchesEtag(request: Request, etag: string): boolean {
  const header = request.headers["if-none-match"];
  if (header === undefined) return false;
  if (header === etag) return true;
  return header.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === etag);
}
