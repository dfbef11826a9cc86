import type { Response } from "express";

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
