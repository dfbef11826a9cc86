/** Serves the page of this folder, and the client beside it, from an origin that is not the service's. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { demoService, endAtCtrlC } from "../demo-service.js";

/** @type {Record<string, string>} */
const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8" };
let serviceUrl = "";

const server = createServer(async (request, response) => {
  const path = request.url === "/" ? "/index.html" : String(request.url);
  if (path === "/config.json") {
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ serviceUrl }));
    return;
  }
  // The page's own files and the client's modules, nothing else.
  const file = /^\/(?:index\.html|page\.js)$/.test(path)
    ? new URL(`.${path}`, import.meta.url)
    : /^\/client\/[\w-]+\.js$/.test(path)
      ? new URL(`../..${path}`, import.meta.url)
      : null;
  const text = file === null ? null : await readFile(file).catch(() => null);
  response.writeHead(text === null ? 404 : 200, {
    "Content-Type": TYPES[path.split(".").at(-1) ?? ""] ?? "text/plain",
  });
  response.end(text ?? "Not found");
});
server.listen(Number(process.env.PORT ?? 0), "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
const origin = `http://127.0.0.1:${port}`;
const demo = await demoService({
  TOKEN_SECRET: "a-secret-of-this-example-and-of-nothing-else",
  CORS_ORIGINS: origin,
});
serviceUrl = demo.serviceUrl;
endAtCtrlC(async () => {
  server.closeAllConnections();
  server.close();
  await demo.close();
});
console.log(`service  ${serviceUrl}, which lists the page's origin in CORS_ORIGINS`);
console.log(`page     ${origin}/`);
