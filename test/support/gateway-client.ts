import assert from "node:assert/strict";
import { inspect } from "node:util";
import { loadConfig } from "../../src/config/index.ts";
import {
  type AgentId,
  type Caller,
  createGateway,
  Fault,
  type FaultCode,
  type GatewayClient,
  type GatewayOptions,
  type Guid,
  type ObservedCall,
  type Renewal,
} from "../../src/gateway/index.ts";
import type { Clock } from "../../src/sessions/clock.ts";
import { systemClock } from "../../src/system-clock.ts";

/** The retcode table as it is shipped. */
const { retcodes, signInFields } = loadConfig({
  GATEWAY_URL: "http://127.0.0.1:1/",
  JWT_SECRET: "the-secret-of-the-apps-issuer-0123456789",
  SESSION_STORE_URL: "memory:",
}).gateway;

export const shippedRetcodes = retcodes;

export interface ObservedClient extends GatewayClient {
  readonly calls: readonly ObservedCall[];
  readonly logged: readonly string[];
  readonly breaker: readonly string[];
}

/** A client that writes down what it would have measured and logged. */
export function createTestClient(
  url: string,
  options: Partial<Pick<GatewayOptions, "ca" | "clientCertificate" | "proxy" | "maxConcurrency">> = {},
  clock: Clock = systemClock,
): ObservedClient {
  const calls: ObservedCall[] = [];
  const logged: string[] = [];
  const breaker: string[] = [];
  const client = createGateway(
    {
      url,
      ca: options.ca ?? null,
      clientCertificate: options.clientCertificate ?? null,
      proxy: options.proxy ?? null,
      maxConcurrency: options.maxConcurrency ?? 256,
      retcodes,
      signInFields,
    },
    {
      log: {
        guidIgnored: (agentId) => void logged.push(`guidIgnored ${agentId}`),
        unknownRetcode: (retcode) => void logged.push(`unknownRetcode ${retcode}`),
        interimAnswers: () => void logged.push("100 Continue"),
      },
      clock,
      random: Math.random,
      observer: {
        onCall: (call) => void calls.push(call),
        onRotation: () => undefined,
        onBreaker: (state) => void breaker.push(state),
      },
    },
  );
  return {
    ...client,
    calls,
    logged,
    breaker,
  };
}

/** Whether it is this fault with this word for the log: for `assert.rejects`. */
export const isFault =
  (code: FaultCode, cause: string) =>
  (error: unknown): true => {
    assert.ok(error instanceof Fault, inspect(error));
    assert.deepEqual([error.code, error.cause.code], [code, cause]);
    return true;
  };

export const agentId = "1201" as AgentId;
export const oldGuid = "old-guid.AgentGateway0" as Guid;

/** A caller that writes down what it is told to store. */
export function createCaller(
  credential: { readonly guid?: string; readonly cookies?: string } = {},
): Caller & { readonly renewals: readonly Renewal[] } {
  const renewals: Renewal[] = [];
  return {
    agentId,
    guid: (credential.guid ?? oldGuid) as Guid,
    cookies: credential.cookies ?? "",
    renewals,
    async renewed(renewal) {
      renewals.push(renewal);
    },
  };
}

export const within = (ms: number): { readonly deadline: number } => ({ deadline: performance.now() + ms });
