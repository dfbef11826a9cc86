import { type ZodType, z } from "zod";

export type Json = Readonly<Record<string, unknown>>;

/**
 * The document's schemas, made by zod from those that validate. A schema with an id becomes a component of that name,
 * everything else stays where it is used.
 */
export class SchemaComponents {
  readonly #schemas = new Map<string, Json>();

  /** A schema object, perhaps a reference. `input`: what a client may send; `output`: what it gets. */
  of(schema: ZodType, io: "input" | "output"): Json {
    const { $schema: _, $defs = {}, ...root } = z.toJSONSchema(schema, { io, unrepresentable: "any", override });
    for (const [name, definition] of Object.entries($defs)) this.#add(name, withComponentRefs(definition));
    return withComponentRefs(root);
  }

  get all(): Json {
    return Object.fromEntries([...this.#schemas].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  #add(name: string, definition: Json): void {
    const known = this.#schemas.get(name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(definition)) {
      throw new Error(`two schemas are called ${name}`);
    }
    this.#schemas.set(name, definition);
  }
}

function withComponentRefs(schema: unknown): Json {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
}

/** zod says more than a reader of the document is helped by. */
function override({ jsonSchema }: { jsonSchema: Record<string, unknown> }): void {
  // `date-time` says it; the pattern is half a page.
  if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
  // Bounds of JavaScript's numbers, not of ours.
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  // A client has to bear fields that a later version adds.
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
}
