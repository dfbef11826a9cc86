export { Doorbell } from "./doorbell.ts";
export type { ClockOf, Inability, SessionLog, StoreLog } from "./log.ts";
export type { AgentState, AppSession, EndReason, Issuer, SessionId, SessionKey, Subject } from "./model.ts";
export { endReasonWords } from "./model.ts";
export type { SessionOptions } from "./options.ts";
export { type BoundSession, Sessions } from "./sessions.ts";
export {
  measuredStore,
  openStore,
  type SessionStore,
  type StoreCall,
  type StorePlace,
  StoreRefused,
  storeOperations,
} from "./stores/index.ts";
