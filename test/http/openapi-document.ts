import { z } from "zod";

/** As much of an OpenAPI document as the tests look at. */
export interface OpenApi {
  readonly openapi: string;
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface DocumentedOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly security: readonly Readonly<Record<string, unknown>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, DocumentedAnswer>>;
}

interface DocumentedAnswer {
  readonly description: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Content;
}

type Content = Readonly<Record<string, Media>>;

export interface Media {
  readonly schema: unknown;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly $ref?: string; readonly value?: unknown }>>;
  readonly "x-events"?: Readonly<Record<string, { readonly schema: unknown; readonly example: unknown }>>;
}

interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
}

export const operationsOf = (document: OpenApi) =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

/** What `#/components/…` means. */
export function resolved(document: OpenApi, ref: string): unknown {
  const steps = ref.replace(/^#\//, "").split("/");
  return steps.reduce<unknown>((found, step) => (found as Record<string, unknown> | undefined)?.[step], document);
}

export function allRefs(part: unknown): string[] {
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) =>
    key === "$ref" && typeof value === "string" ? [value] : allRefs(value),
  );
}

/** Checks a value by the document's own schema, and takes no field that the document does not name. */
export function validator(document: OpenApi, schema: unknown): (value: unknown) => string | null {
  const text = JSON.stringify({ $defs: document.components.schemas, ...(schema as object) });
  const local = closed(JSON.parse(text.replaceAll("#/components/schemas/", "#/$defs/")));
  const parser = z.fromJSONSchema(local as Parameters<typeof z.fromJSONSchema>[0]);
  return (value) => {
    const result = parser.safeParse(value);
    return result.success ? null : z.prettifyError(result.error);
  };
}

/** The parts of an `allOf` each see the whole object, so they have to stay open. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, key === "allOf" ? value : closed(value)]),
  );
  return "properties" in inner && "type" in inner ? { additionalProperties: false, ...inner } : inner;
}
