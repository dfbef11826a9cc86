export { createGateway, type GatewayClient, type GatewayDeps, type GatewayLoad } from "./client.ts";
export { Fault, FaultCause, type FaultCode } from "./fault.ts";
export type * from "./gateway.ts";
export * from "./identifiers.ts";
export type { GatewayLog, GatewayObserver, ObservedCall, Operation } from "./observer.ts";
export type { GatewayOptions } from "./options.ts";
export { Refusal, type RetcodeRow, type SessionEffect } from "./refusal.ts";
