import type { Request, Response } from "express";
import type { ZodType } from "zod";
import type { ProblemCode } from "../problems.ts";
import type { Claims } from "../tokens/claims.ts";
import type { Actor } from "./log.ts";

export type Method = "get" | "post" | "put" | "patch" | "delete";

/**
 * Who may call. `session`: a token of either issuer. `service`: a token with the service scope. `sign-in`: a token of
 * the outside issuer, or none when the service issues tokens itself. `anyone`: no token is looked at.
 */
export type Access = "session" | "service" | "sign-in" | "anyone";

/** A successful answer, for the OpenAPI document. */
export interface AnswerDescription {
  readonly description: string;
  readonly schema?: ZodType;
  /** `application/json` when left out. */
  readonly contentType?: string;
  readonly example?: unknown;
  /** Also a page, for a client that asks for `text/html`. */
  readonly isPageToo?: true;
  /** Headers of its own, each as an OpenAPI header object. */
  readonly headers?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Of an event stream: what it may carry, by the name of the event. */
  readonly events?: Readonly<Record<string, EventDescription>>;
}

/** One kind of server-sent event. Its data is JSON. */
export interface EventDescription {
  readonly description: string;
  readonly schema: ZodType;
  readonly example: unknown;
  /** An example of its `id`, for events that have one. */
  readonly id?: string;
}

/**
 * One method of one path: what it takes, who may call it, what it answers and how. The router and the OpenAPI document
 * are both made from these, so they cannot differ.
 */
export interface Operation<Params = unknown, Query = unknown, Body = unknown> {
  readonly method: Method;
  /** As in OpenAPI: `/conferences/{id}`. */
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  readonly params?: ZodType<Params>;
  readonly query?: ZodType<Query>;
  readonly body?: ZodType<Body>;
  /** What the OpenAPI document shows of the body, where the schema that parses cannot say it in JSON Schema's words. */
  readonly shownBody?: ZodType;
  readonly bodyExample?: Readonly<Record<string, unknown>>;
  /** A stream that takes `Last-Event-ID` and sends what was missed. */
  readonly resumes?: true;
  /** Routed, but not in the OpenAPI document: what a page of ours loads. */
  readonly hidden?: true;
  readonly answers: Readonly<Record<number, AnswerDescription>>;
  /** Problems beside those that every operation of this access can have. */
  readonly problems: readonly ProblemCode[];
  handle(input: OperationInput<Params, Query, Body>): Promise<void> | void;
}

/** What a handler gets: everything is checked by then. */
export interface OperationInput<Params = unknown, Query = unknown, Body = unknown> {
  readonly request: Request;
  readonly response: Response;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Of the token. Throws where the access does not ask for one and there was none. */
  readonly claims: Claims;
  readonly hasClaims: boolean;
  readonly actor: Actor;
}

/** Keeps the types of an operation's parts together; the table of operations does not need them. */
export function operation<Params, Query, Body>(definition: Operation<Params, Query, Body>): Operation {
  // Its own schemas have made the input that `handle` gets, so the erased types fit again.
  return definition as unknown as Operation;
}
