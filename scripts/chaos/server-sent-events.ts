import type { IncomingMessage } from "node:http";

/** One block of an event stream that has data. */
export interface StreamedEvent {
  readonly id: string | null;
  readonly event: string;
  readonly data: string;
}

/** The blocks of a stream until it ends; rejects when it is cut. */
export async function* readEvents(response: IncomingMessage): AsyncGenerator<StreamedEvent> {
  response.setEncoding("utf8");
  let unread = "";
  for await (const chunk of response as AsyncIterable<string>) {
    const blocks = (unread + chunk).split("\n\n");
    unread = blocks.pop() ?? "";
    for (const block of blocks) {
      const field = (name: string): string | null => new RegExp(`^${name}: ?(.*)$`, "m").exec(block)?.[1] ?? null;
      const [event, data] = [field("event"), field("data")];
      if (event !== null && data !== null) yield { id: field("id"), event, data };
    }
  }
}
