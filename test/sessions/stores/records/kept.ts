import { createClient } from "@redis/client";

/** A key of Redis, as it is kept in a file. */
export interface Kept {
  readonly key: string;
  readonly type: string;
  readonly value: unknown;
}

type Client = ReturnType<typeof createClient>;

async function withClient<Result>(url: string, use: (client: Client) => Promise<Result>): Promise<Result> {
  const client: Client = createClient({ url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** Everything that a Redis of a test's own has, by name. How long it would have lasted is not kept. */
export const keptOf = (url: string): Promise<Kept[]> =>
  withClient(url, async (client) => {
    const kept: Kept[] = [];
    for (const key of (await client.keys("*")).sort()) {
      const type = await client.type(key);
      kept.push({ key, type, value: await readValue(client, key, type) });
    }
    return kept;
  });

function readValue(client: Client, key: string, type: string): Promise<unknown> {
  switch (type) {
    case "hash":
      return client.hGetAll(key);
    case "set":
      return client.sMembers(key);
    case "zset":
      return client.zRangeWithScores(key, 0, -1);
    case "stream":
      return client.xRange(key, "-", "+");
    default:
      return client.get(key);
  }
}

/** Writes them into a Redis of a test's own; what a killed instance still held and counted, too. */
export const restore = (url: string, kept: readonly Kept[]): Promise<void> =>
  withClient(url, async (client) => {
    for (const { key, type, value } of kept) {
      if (type === "string") await client.set(key, value as string);
      if (type === "hash") await client.hSet(key, value as Record<string, string>);
      if (type === "set") await client.sAdd(key, value as string[]);
      if (type === "zset") await client.zAdd(key, value as { value: string; score: number }[]);
      if (type !== "stream") continue;
      for (const { id, message } of value as { id: string; message: Record<string, string> }[]) {
        await client.xAdd(key, id, message);
      }
    }
  });
