import { baseUrl, hostAddress, originList, subnetList } from "../forms/addresses.ts";
import { integer, oneOf } from "../forms/form.ts";
import type { Setting } from "./setting.ts";

export const listeningSettings = {
  HOST: { group: "Listening", form: hostAddress, meaning: "Address to listen on." },
  PORT: { group: "Listening", form: integer(0, 65_535), meaning: "Port to listen on; 0 takes any free one." },
  METRICS_PORT: {
    group: "Listening",
    form: integer(0, 65_535),
    optional: true,
    meaning:
      "Port of its own for `GET /metrics`, other than `PORT`; 0 takes any free one. Not set: `/metrics` is on `PORT`.",
    example: "9464",
  },
  PUBLIC_URL: {
    group: "Listening",
    form: baseUrl,
    optional: true,
    meaning:
      "Where clients see the service: the base of problem types and of OpenAPI's servers, and its origin counts as our own. Not set: pages work under any path all the same.",
    example: "https://portal.example/bff",
  },
  CLIENT_IDLE_MS: {
    group: "Listening",
    form: integer(1, 3_600_000),
    meaning:
      "How long an idle connection of a client is kept, in ms: longer than the balancer keeps its own, or it meets one that is just being closed.",
  },
  BOARD: {
    group: "Listening",
    form: oneOf(["on", "off"]),
    meaning: "The live conference board at `/`; `off`: there is no page.",
  },
  CORS_ORIGINS: {
    group: "Listening",
    form: originList,
    optional: true,
    meaning:
      "Browser apps on these origins may call: with a token, or with the session cookie where they are of the same site (`SameSite=Strict`). Not set: none.",
    example: "https://app.example",
  },
  TRUST_PROXY: {
    group: "Listening",
    form: subnetList,
    optional: true,
    meaning:
      "Where your proxies are: `X-Forwarded-For` is believed from there only. IPv4 prefixes from /8, IPv6 from /7. Not set: no proxy.",
    example: "10.1.0.0/16",
  },
  RATE_LIMIT_PER_MINUTE: {
    group: "Listening",
    form: integer(1, 10_000_000),
    meaning: "Requests a minute and session, counted in each process.",
  },
  SIGN_IN_LIMIT_PER_MINUTE: {
    group: "Listening",
    form: integer(1, 10_000_000),
    meaning:
      "Sign-ins a minute of one agent id from one address; ten times as many from one address, and of one agent id, altogether. Shared by all instances when the store is Redis.",
  },
  LOG_LEVEL: {
    group: "Listening",
    form: oneOf(["fatal", "error", "warn", "info", "debug", "trace", "silent"]),
    meaning: "The least important log lines to write.",
  },
  SHUTDOWN_GRACE_MS: {
    group: "Listening",
    form: integer(0, 600_000),
    meaning: "How long a stop (SIGTERM) may wait for requests and polls under way, in ms.",
  },
  DRAIN_LEAD_MS: {
    group: "Listening",
    form: integer(0, 300_000),
    meaning:
      "How long an ending instance says not ready and still serves everything, in ms: what the balancer needs to see it. Within `SHUTDOWN_GRACE_MS`, at most half of it.",
  },
} as const satisfies Record<string, Setting>;
