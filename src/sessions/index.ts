export type { Issuer, SessionKey } from "./model.ts";
export { type BoundSession, Sessions } from "./sessions.ts";
export { openStore, type SessionStore, StoreRefused } from "./stores/index.ts";
export type { EndReason } from "./stores/port.ts";
