export { createGateway, type GatewayClient } from "./client.ts";
export type * from "./conference-control.ts";
export {
  type ConferenceEvent,
  conferenceEvent,
  leaveReasons,
  participantChanges,
} from "./conference-events.ts";
export { Fault, type FaultCode } from "./fault.ts";
export type * from "./gateway.ts";
export { FORGETS_AGENT_MS, signInStates } from "./gateway.ts";
export * from "./identifiers.ts";
export type { GatewayLog } from "./log.ts";
export type { SetUpFault } from "./look.ts";
export type { CallName, CallTrace, ObservedCall } from "./observer.ts";
export type { GatewayOptions } from "./options.ts";
export { Refusal, type RetcodeRow, type SessionEffect, sessionEffects } from "./refusal.ts";
export { secureContextOf, type Trust } from "./transport/trust.ts";
export { openTrustedFetch } from "./transport/trusted-fetch.ts";
