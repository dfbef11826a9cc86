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
    const {
      $schema: _,
      $defs = {},
      ...root
    } = z.toJSONSchema(schema, {
      io,
      unrepresentable: "any",
      override: io === "input" ? ofRequest : ofAnswer,
    });
    for (const [name, definition] of Object.entries($defs)) this.#add(name, withComponentRefs(definition));
    return withComponentRefs(root);
  }

  /** The same under a name in any case: one of its own, or this. */
  named(name: string, schema: ZodType): Json {
    const json = this.of(schema, "output");
    return json.$ref === undefined ? this.add(name, json) : json;
  }

  /** Answers with the reference. */
  add(name: string, definition: Json): Json {
    this.#add(name, definition);
    return { $ref: `#/components/schemas/${name}` };
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

interface Overridden {
  readonly jsonSchema: Record<string, unknown>;
}

/** zod says more than a reader of the document is helped by. What a client may send is closed, and said to be. */
function ofRequest({ jsonSchema }: Overridden): void {
  // `date-time` says it; the pattern is half a page.
  if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
  // Bounds of JavaScript's numbers, not of ours.
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

function ofAnswer(context: Overridden): void {
  ofRequest(context);
  const { jsonSchema } = context;
  // A client has to bear fields that a later version adds.
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
}
