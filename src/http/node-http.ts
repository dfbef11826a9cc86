/**
 * Node's HTTP, without an `import`: that reads each name which the module exports, `WebSocket` among them, and for this one
 * Node loads an HTTP client of its own that nobody here uses.
 */
export const { createServer, IncomingMessage, ServerResponse } = process.getBuiltinModule("node:http");
