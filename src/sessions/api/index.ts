export { agentOperations } from "./agent-routes.ts";
export { Authentication } from "./authentication.ts";
export { boundSession } from "./bound-request.ts";
export { serviceOperations } from "./service-routes.ts";
export { SessionEvents } from "./session-events.ts";
export { sessionOperations } from "./session-routes.ts";
export type { SessionStream } from "./session-stream.ts";
export { SessionStreams } from "./session-streams.ts";
export { streamEndings } from "./stream-endings.ts";
