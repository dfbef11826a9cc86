import type { Settings } from "../settings.ts";
import type { Session } from "./agent.ts";

/** The event that tells an agent's client that the agent is signed out (page 1402). */
export const SHUTDOWN = "AgentOther_ShutdownService";

/** The JSON of one event as a poll brings it (page 1274). `content` is JSON text. */
export function eventText(settings: Settings, agentId: string, eventType: string, content: string): string {
  const time = settings.eventGenTime ? `,"eventGenTime":${Date.now()}` : "";
  return `{"eventType":${JSON.stringify(eventType)}${time},"workNo":"${agentId}","content":${content}}`;
}

/** The content of {@link SHUTDOWN}: which sign-in it is about. */
export function loginTimeOf({ loginTime }: Session): string {
  return `{"loginTime":"${loginTime}"}`;
}
