import { baseUrl, noProxyList, proxyUrl } from "../forms/addresses.ts";
import { filePath, integer, oneOf } from "../forms/form.ts";
import type { Setting } from "./setting.ts";

export const gatewaySettings = {
  GATEWAY_URL: {
    group: "Agent gateway",
    form: baseUrl,
    meaning: "Where the agent gateway's resources begin.",
    example: "https://gateway.example:8043/agentgateway/resource",
  },
  GATEWAY_CA_FILE: {
    group: "Agent gateway",
    form: filePath,
    optional: true,
    meaning:
      "PEM bundle to trust beside the system's, for the gateway only: an authority, an intermediate or the server's own certificate, whose name is checked all the same. Verification is never switched off.",
    example: "/run/secrets/gateway-ca.pem",
  },
  GATEWAY_CERT_FILE: {
    group: "Agent gateway",
    form: filePath,
    optional: true,
    meaning:
      "PEM certificate of this service, its chain behind it, for a gateway that asks for one. Together with `GATEWAY_KEY_FILE`.",
    example: "/run/secrets/gateway-client.pem",
  },
  GATEWAY_KEY_FILE: {
    group: "Agent gateway",
    form: filePath,
    optional: true,
    meaning: "PEM private key of that certificate, without a passphrase.",
    example: "/run/secrets/gateway-client.key",
  },
  GATEWAY_TIMEOUT_MS: {
    group: "Agent gateway",
    form: integer(10, 600_000),
    meaning: "Deadline of one operation at the gateway, retries included, in ms; event polls apart.",
  },
  GATEWAY_MAX_CONCURRENCY: {
    group: "Agent gateway",
    form: integer(1, 65_536),
    meaning: "Calls to the gateway at once; past it and a short queue the answer is 503.",
  },
  GATEWAY_MAX_AGENT_ID: {
    group: "Agent gateway",
    form: integer(101, 999_999_999),
    meaning: "The highest agent id of the site; older sites have 59999.",
  },
  GATEWAY_TRACEPARENT: {
    group: "Agent gateway",
    form: oneOf(["on", "off"]),
    meaning:
      "`on`: where traces are on ([traces.md](traces.md)), each call to the gateway carries the `traceparent` of its span.",
  },
  HTTPS_PROXY: {
    group: "Agent gateway",
    alias: "https_proxy",
    form: proxyUrl,
    optional: true,
    secret: true,
    meaning: "The proxy on the way to an https gateway or issuer, as everywhere; `https_proxy` is the same.",
    example: "http://proxy.example:3128",
  },
  HTTP_PROXY: {
    group: "Agent gateway",
    alias: "http_proxy",
    form: proxyUrl,
    optional: true,
    secret: true,
    meaning: "The proxy on the way to an http gateway or issuer; `http_proxy` is the same.",
    example: "http://proxy.example:3128",
  },
  NO_PROXY: {
    group: "Agent gateway",
    alias: "no_proxy",
    form: noProxyList,
    optional: true,
    meaning:
      "Hosts that are reached without a proxy, their subdomains too; `*`: all of them. `no_proxy` is the same. Not set: none.",
    example: "gateway.example,10.0.0.0/8",
  },
} as const satisfies Record<string, Setting>;
