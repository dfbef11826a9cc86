import { parseSessionId, parseSubject, type SessionId, type Subject } from "../../src/tokens/index.ts";

/** A name as the edge hands it in. Throws for what the edge would not let in. */
export function aSessionId(text: string): SessionId {
  const parsed = parseSessionId(text);
  if (parsed === null) throw new Error(`${JSON.stringify(text)} is no session id`);
  return parsed;
}

export function aSubject(text: string): Subject {
  const parsed = parseSubject(text);
  if (parsed === null) throw new Error(`${JSON.stringify(text)} is no subject`);
  return parsed;
}
