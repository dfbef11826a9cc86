import { framed } from "../event-stream.ts";
import type { EventDescription } from "../operation.ts";
import type { Json, SchemaComponents } from "./schemas.ts";

type Events = Readonly<Record<string, EventDescription>>;

/**
 * OpenAPI 3.1 has no word for the events of a stream (3.2 has). So the schema of the answer is that of one event, as a
 * client hands it on: its name, its data as JSON, and its id where it has one. Extensions of ours have the payloads by the
 * event's name, each a schema with a name of its own, and what comes over the line.
 *
 * @param stream names it, `Conferences`
 */
export function streamMedia(stream: string, events: Events, schemas: SchemaComponents): Json {
  const payloads = new Map(
    Object.entries(events).map(([name, { schema }]) => [name, schemas.named(`${stream}${pascal(name)}`, schema)]),
  );
  const kinds = Object.entries(events).map(([event, { description, id }]) => ({
    type: "object",
    description,
    properties: {
      event: { const: event, description: `\`${event}\`: the name in the line \`event:\`` },
      data: payloads.get(event),
      ...(id !== undefined && {
        id: { type: "string", minLength: 1, description: "For `Last-Event-ID`", examples: [id] },
      }),
    },
    required: ["event", "data"],
  }));
  const notes = Object.entries(events).map(([event, { description, example }]) => [
    event,
    { description, schema: payloads.get(event), example },
  ]);
  return {
    schema: schemas.add(`${stream}Event`, { description: "One event of the stream, parsed.", oneOf: kinds }),
    "x-events": Object.fromEntries(notes),
    "x-stream-example": eventStreamExample(events),
  };
}

/** `session-ended` → `SessionEnded`. */
const pascal = (name: string): string => name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());

/** What a client reads from the line, in the frames of the HTML standard's server-sent events. */
function eventStreamExample(events: Events): string {
  const blocks = Object.entries(events).map(([event, { example, id }], place) =>
    framed({ event, data: JSON.stringify(example), ...(id && { id }), ...(place === 0 && { retry: 2_000 }) }),
  );
  return blocks.join("");
}
