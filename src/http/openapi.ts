import about from "../../package.json" with { type: "json" };
import { answerHeaders, headerParameterRefs, headerParameters, headers } from "./openapi/headers.ts";
import type { Recipe } from "./openapi/page.ts";
import { ProblemAnswers, type ShownRetcodes } from "./openapi/problem-answers.ts";
import { type Json, SchemaComponents } from "./openapi/schemas.ts";
import { streamMedia } from "./openapi/streams.ts";
import type { Access, AnswerDescription, Operation } from "./operation.ts";
import { problemTypes } from "./problem-response.ts";

export type { Recipe } from "./openapi/page.ts";
export type { Json } from "./openapi/schemas.ts";

/** What the document says of a service beside what its operations do. */
export interface Description {
  readonly introduction: string;
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  tagOf(operation: Operation): string;
  readonly securitySchemes: Json;
  /** Each row is one way in; an empty one means that no token is needed. */
  securityOf(access: Access): Json[];
  /** Where clients see the service, without a trailing slash; null: not known. */
  readonly publicUrl: string | null;
  /** Which problems the gateway's retcodes become at this site. */
  readonly retcodes: ShownRetcodes;
  /** How the typed client calls an operation, by the operation's id. */
  readonly clientSamples: Readonly<Record<string, string>>;
  /** For the page; read when it is made. */
  recipes(): readonly Recipe[];
}

/**
 * The OpenAPI 3.1 document of these operations. It is made from what routes and validates, so it cannot say anything
 * else; what a site configures (issuers, retcode rows) shows in it.
 */
export function openApiDocument(operations: readonly Operation[], description: Description): Json {
  const schemas = new SchemaComponents();
  const problems = new ProblemAnswers(schemas, description.retcodes, problemTypes(description.publicUrl));
  const used = new Set(operations.filter(({ hidden }) => !hidden).map((operation) => description.tagOf(operation)));
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) {
    if (operation.hidden) continue;
    paths[operation.path] ??= {};
    Object.assign(paths[operation.path] as object, { [operation.method]: described(operation) });
  }
  const responses = {
    NotFound: problems.answer(404, ["not-found"]),
    MethodNotAllowed: problems.answer(405, ["method-not-allowed"]),
  };
  return {
    openapi: "3.1.1",
    info: {
      title: about.name,
      version: about.version,
      summary: about.description,
      description: description.introduction,
      license: { name: about.license, identifier: about.license },
    },
    servers: [{ url: description.publicUrl ?? "/", description: "This service" }],
    tags: description.tags.filter(({ name }) => used.has(name)),
    paths,
    components: {
      schemas: schemas.all,
      responses,
      parameters: headerParameters,
      headers,
      examples: problems.examples,
      securitySchemes: description.securitySchemes,
    },
  };

  function described(operation: Operation): Json {
    const { id, summary, access, body, bodyExample } = operation;
    const parameters = [
      ...fields(operation.params, "path"),
      ...fields(operation.query, "query"),
      ...headerParameterRefs(operation),
    ];
    return {
      operationId: id,
      tags: [description.tagOf(operation)],
      summary,
      ...(operation.description === undefined ? {} : { description: operation.description }),
      security: description.securityOf(access),
      ...(parameters.length === 0 ? {} : { parameters }),
      ...(body === undefined
        ? {}
        : {
            requestBody: {
              required: !body.safeParse(undefined).success,
              content: { "application/json": media(operation.shownBody ?? body, "input", bodyExample) },
            },
          }),
      responses: { ...successes(operation), ...problems.of(operation) },
      ...samples(id),
    };
  }

  /** Under the name by which viewers of OpenAPI documents look for them. */
  function samples(id: string): Json {
    const source = description.clientSamples[id];
    return source === undefined ? {} : { "x-codeSamples": [{ lang: "JavaScript", label: "JavaScript", source }] };
  }

  function successes(operation: Operation): Json {
    const answers = Object.entries(operation.answers).map(([status, answer]) => {
      const content = contentOf(answer, operation.id);
      return [
        status,
        {
          description: answer.description,
          headers: answerHeaders(operation, Number(status)),
          ...(content === null ? {} : { content }),
        },
      ];
    });
    return Object.fromEntries(answers);
  }

  function contentOf(answer: AnswerDescription, id: string): Json | null {
    const { schema, contentType = "application/json", example, events } = answer;
    if (events !== undefined) return { [contentType]: streamMedia(streamName(id), events, schemas) };
    const page = answer.isPageToo ? { "text/html": { schema: { type: "string" } } } : {};
    if (schema !== undefined) return { [contentType]: media(schema, "output", example), ...page };
    if (answer.contentType !== undefined) return { [contentType]: { schema: { type: "string" } } };
    return null;
  }

  function media(schema: NonNullable<Operation["body"]>, io: "input" | "output", example: unknown): Json {
    return { schema: schemas.of(schema, io), ...(example === undefined ? {} : { example }) };
  }

  /** The fields of an object schema, each as a parameter. */
  function fields(schema: Operation["params"], place: "path" | "query"): Json[] {
    if (schema === undefined) return [];
    const { properties = {}, required = [] } = schemas.of(schema, "input") as {
      properties?: Record<string, { description?: string; enum?: unknown }>;
      required?: readonly string[];
    };
    return Object.entries(properties).map(([name, { description, ...rest }]) => ({
      name,
      in: place,
      ...(description === undefined ? {} : { description }),
      ...(required.includes(name) ? { required: true } : {}),
      // What each word means stands beside the words, wherever they are taken to.
      schema: rest.enum === undefined ? rest : { description, ...rest },
    }));
  }
}

/** `streamConferences` → `Conferences`, before the names of its events. */
const streamName = (operationId: string): string => operationId.replace(/^stream/, "");
