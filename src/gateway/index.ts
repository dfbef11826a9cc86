export { createGateway, type GatewayClient, type GatewayDeps, type GatewayLoad } from "./client.ts";
export type { Clock } from "./clock.ts";
export {
  type ConferenceEvent,
  conferenceEvent,
  conferenceMoments,
  leaveReasons,
  participantChanges,
} from "./conference-events.ts";
export type * from "./control.ts";
export { Fault, FaultCause, type FaultCode } from "./fault.ts";
export type * from "./gateway.ts";
export { signInStates } from "./gateway.ts";
export * from "./identifiers.ts";
export type { Wrong } from "./look.ts";
export type { GatewayLog, GatewayObserver, ObservedCall, Operation } from "./observer.ts";
export type { GatewayOptions } from "./options.ts";
export { Refusal, type RetcodeRow, type SessionEffect } from "./refusal.ts";
export { secureContextOf, type Trust } from "./transport/trust.ts";
export { openTrustedFetch, type TrustedFetch } from "./transport/trusted-fetch.ts";
