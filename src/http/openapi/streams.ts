import { framed } from "../event-stream.ts";
import type { EventDescription } from "../operation.ts";
import type { Json, SchemaComponents } from "./schemas.ts";

type Events = Readonly<Record<string, EventDescription>>;

/**
 * OpenAPI 3.1 has no word for the events of a stream (3.2 has), so they are an extension of ours: by the event's name
 * its description, the schema of its data, and an example.
 */
export function eventNotes(events: Events, schemas: SchemaComponents): Json {
  return Object.fromEntries(
    Object.entries(events).map(([name, { description, schema, example }]) => [
      name,
      { description, schema: schemas.of(schema, "output"), example },
    ]),
  );
}

/** What a client reads from the line, in the frames of the HTML standard's server-sent events. */
export function eventStreamExample(events: Events): string {
  const blocks = Object.entries(events).map(([event, { example, id }], place) =>
    framed({ event, data: JSON.stringify(example), ...(id && { id }), ...(place === 0 && { retry: 2_000 }) }),
  );
  return blocks.join("");
}
