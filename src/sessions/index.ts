export { Doorbell } from "./doorbell.ts";
export type { SessionLog, StoreLog } from "./log.ts";
export type { AgentState, AppSession, EndReason, Issuer, SessionId, SessionKey, Subject } from "./model.ts";
export type { SessionOptions } from "./options.ts";
export { type BoundSession, Sessions } from "./sessions.ts";
export { openStore, type SessionStore, type StorePlace, StoreRefused } from "./stores/index.ts";
