import type { Request, Response } from "express";
import { z } from "zod";
import { parseConferenceId } from "../gateway/index.ts";
import { timeOf } from "../http/described-values.ts";
import { answeredUnchanged, etagOf } from "../http/entity-tag.ts";
import { type Operation, operation } from "../http/operation.ts";
import { problemBody, problemTypes } from "../http/problem-response.ts";
import { problemSchema } from "../http/problem-schema.ts";
import { leavingSignal, scopeOf } from "../http/request-scope.ts";
import { Problem, type ProblemCode } from "../problems.ts";
import { boundCallProblems, boundSession, type SessionStreams, streamEndings } from "../sessions/api/index.ts";
import type { Sessions } from "../sessions/index.ts";
import type { ConferenceLists } from "./conference-lists.ts";
import type { ConferenceStream } from "./conference-stream.ts";
import { conferenceExample, conferenceListSchema, conferencePath, conferenceSchema, expandQuery } from "./schemas.ts";

const problems: readonly ProblemCode[] = ["invalid-request", "not-an-inspector", ...boundCallProblems];

/** The gateway's ids are 64-bit and signed: what is above cannot be one, and would only be a mistake in its eyes. */
const LARGEST_ID = 2n ** 63n - 1n;

const age = {
  description: "Seconds since the gateway was asked, when the answer was given before (`CONFERENCE_FRESH_MS`).",
  schema: { type: "integer", minimum: 0 },
};

const listExample = { conferences: [{ id: "355840" }, { id: "356096" }] };

const streamEvents = {
  conferences: {
    description: "The list, with details when asked for: at once, then at every change. Its `id` names this very list.",
    schema: conferenceListSchema,
    example: listExample,
    id: "qLwdGSPLkzG8y2f3YcXcHVPeDRw",
  },
  alive: {
    description:
      "The stream is alive: right after each list, then every 5 s at least. A list without it is an old one, whatever it says.",
    schema: z
      .object({
        at: timeOf("When it was sent"),
        asOf: z.iso
          .datetime()
          .nullable()
          .meta({ description: "When the gateway last confirmed the list. ISO 8601, UTC; null before it has" }),
        intervalMs: z.int().min(1).meta({ description: "How often the gateway is asked, in ms" }),
      })
      .meta({ id: "ConferenceStreamAlive" }),
    example: { at: "2026-09-21T14:13:22.000Z", asOf: "2026-09-21T14:13:20.000Z", intervalMs: 2_000 },
  },
  problem: {
    description:
      "The gateway fails. The stream stays open and goes on with `conferences` when the gateway answers again.",
    schema: problemSchema,
    example: problemBody(new Problem("gateway-unreachable"), "mS2Vw9pGfXkd-4f", problemTypes(null)),
  },
  ...streamEndings,
};

interface Deps {
  readonly sessions: Sessions;
  readonly lists: ConferenceLists;
  readonly stream: ConferenceStream;
  readonly streams: SessionStreams;
}

export function conferenceOperations({ sessions, lists, stream, streams }: Deps): Operation[] {
  return [
    operation({
      method: "get",
      path: "/conferences",
      id: "listConferences",
      summary: "The ongoing conferences of the agent's VDN",
      description:
        "In the gateway's order. With `expand=details` each has its details; one that ended meanwhile is left out.",
      access: "session",
      query: expandQuery,
      answers: {
        200: {
          description: "The conferences",
          schema: conferenceListSchema,
          example: listExample,
          headers: { Age: age },
        },
        304: { description: "The client's `If-None-Match` names this very list" },
      },
      problems,
      async handle({ request, response, claims, query }) {
        const bound = await boundSession(sessions, request, claims);
        const ask = { details: query.expand !== undefined, signal: leavingSignal(request, response) };
        const list = await lists.list(bound, ask);
        const ageSeconds = Math.floor((sessions.clock.monotonic() - list.asOf) / 1_000);
        if (ageSeconds > 0 || list.reused) response.setHeader("Age", String(ageSeconds));
        sendCacheable(request, response, list.body, list.etag);
      },
    }),
    operation({
      method: "get",
      path: "/conferences/stream",
      id: "streamConferences",
      summary: "The list as server-sent events: at once, then at every change",
      access: "session",
      query: expandQuery,
      answers: { 200: { description: "The events", contentType: "text/event-stream", events: streamEvents } },
      problems: ["invalid-request", "session-not-found", "session-store-unavailable"],
      async handle({ request, response, claims, query }) {
        const bound = await boundSession(sessions, request, claims);
        const { requestId } = scopeOf(request);
        const opened = await streams.open({ request, response, claims, bound });
        stream.listen(opened, query.expand !== undefined, requestId);
      },
    }),
    operation({
      method: "get",
      path: "/conferences/{id}",
      id: "getConference",
      summary: "One conference with its details",
      access: "session",
      params: conferencePath,
      answers: {
        200: { description: "The conference", schema: conferenceSchema, example: conferenceExample },
        304: { description: "The client's `If-None-Match` names this very state" },
      },
      problems: [...problems, "conference-not-found"],
      async handle({ request, response, claims, params }) {
        const bound = await boundSession(sessions, request, claims);
        const id = parseConferenceId(params.id);
        if (id === null || BigInt(id) > LARGEST_ID) throw new Problem("conference-not-found");
        const body = JSON.stringify(await lists.one(bound, id, leavingSignal(request, response)));
        sendCacheable(request, response, body, etagOf(body));
      },
    }),
  ];
}

/** A client may keep it, and has to ask each time: with `If-None-Match` the answer is 304 as long as nothing changed. */
function sendCacheable(request: Request, response: Response, body: string, etag: string): void {
  response.setHeader("Cache-Control", "private, no-cache");
  if (answeredUnchanged(request, response, etag)) return;
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  // The answers of one turn of the event loop go out together, as the calls to the gateway do.
  setImmediate(() => response.end(body));
}
