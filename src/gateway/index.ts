export { createGateway, type GatewayClient, type GatewayDeps, type GatewayLoad } from "./client.ts";
export type * from "./gateway.ts";
export * from "./identifiers.ts";
export type { GatewayLog, GatewayObserver, ObservedCall, Operation } from "./observer.ts";
export { Fault, type FaultCode, Refusal, type RetcodeRow, type SessionEffect } from "./refusal.ts";
