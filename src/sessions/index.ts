export { beforeSending } from "./before-sending.ts";
export { agesBy, type Chance, type Clock } from "./clock.ts";
export { Doorbell } from "./doorbell.ts";
export type { ClockOf, Inability, SessionLog, StoreLog } from "./log.ts";
export type { AgentState, AppSession, EndReason, SessionId, Subject } from "./model.ts";
export { endReasonWords } from "./model.ts";
export type { SessionOptions } from "./options.ts";
export { sealingKeyOf } from "./sealing.ts";
export { type BoundSession, Sessions } from "./sessions.ts";
export {
  type CorruptRecord,
  measuredStore,
  openStore,
  parseRedisAddress,
  refuseMistakenFile,
  type SessionStore,
  type StoreCall,
  StoreInUse,
  type StorePlace,
  StoreRefused,
  storeMethods,
  storeName,
  whyNoFile,
  writePrivateFile,
} from "./stores/index.ts";
export type { StoreConnection } from "./stores/notices.ts";
export type { Followed, SessionTraces, TracedEvent } from "./traces.ts";
