import assert from "node:assert/strict";
import { registerHooks } from "node:module";
import { test } from "node:test";
import { createTransport } from "../../../src/gateway/transport/transport.ts";
import { systemClock } from "../../../src/system-clock.ts";

test("who has read ahead reads nothing more in the first exchange, out of whose time it would be taken", async (t) => {
  const read: string[] = [];
  const hooks = registerHooks({
    load(url, context, next) {
      read.push(url);
      return next(url, context);
    },
  });
  t.after(() => hooks.deregister());
  const { createServer } = await import("node:http");
  const server = createServer((_request, response) => response.end("{}"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const target = {
    url: `http://127.0.0.1:${port}`,
    secureContext: null,
    proxy: null,
    connections: 2,
    maxAnswer: 1_000,
  };
  const transport = createTransport(target, systemClock, () => undefined);
  t.after(() => transport.close());
  await transport.readAhead?.();
  const packages = (): string[] => read.filter((url) => url.includes("/node_modules/"));
  assert.ok(["/got/", "/undici/"].every((name) => packages().some((url) => url.includes(name))));
  const before = packages().length;
  for (const lane of ["single", "list", "poll"] as const) {
    const { status } = await transport.exchange({
      lane,
      method: "GET",
      path: "/",
      guid: null,
      cookies: "",
      body: null,
      timeoutMs: 20_000,
      signal: undefined,
      onHead: () => undefined,
    });
    assert.equal(status, 200);
  }
  // undici's parser, one file, comes with its first connection.
  const later = packages().slice(before);
  assert.deepEqual(
    later.filter((url) => !url.includes("/undici/lib/llhttp/")),
    [],
  );
});
