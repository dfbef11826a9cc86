import about from "../package.json" with { type: "json" };
import type { Config } from "./config/index.ts";
import type { Banner } from "./log.ts";
import { storeName } from "./sessions/index.ts";
import type { AppIssuerOptions } from "./tokens/index.ts";

interface Listening {
  readonly url: string;
  readonly metricsUrl: string | null;
  readonly instance: string;
}

/** What an operator wants to see first: where it listens, and what it goes by. Holds no secret. */
export function bannerOf(config: Config, { url, metricsUrl, instance }: Listening): Banner {
  const { http, gateway, tokens, store } = config;
  const issuerProxy = tokens.app?.keys.kind === "jwks" ? tokens.app.keys.proxy : null;
  return {
    address: url,
    metrics: metricsUrl ?? undefined,
    board: config.board ? `${http.publicUrl ?? reachable(url)}/` : "off",
    version: about.version,
    instance,
    store: storeName(store),
    gateway: hostOf(gateway.url),
    gatewayProxy: gateway.proxy === null ? undefined : hostOf(gateway.proxy),
    tokens: [
      ...(tokens.app === null ? [] : [`the app's issuer, by ${keysName(tokens.app)}`]),
      ...(tokens.ownSecrets === null ? [] : ["this service, by TOKEN_SECRET"]),
      ...(tokens.ownSecretFile === null ? [] : [`this service, by the secret kept in ${tokens.ownSecretFile}`]),
    ],
    issuerProxy: issuerProxy === null ? undefined : hostOf(issuerProxy),
  };
}

export const hostOf = (url: string): string => URL.parse(url)?.host ?? "";

function keysName({ keys }: AppIssuerOptions): string {
  switch (keys.kind) {
    case "secrets":
      return "JWT_SECRET";
    case "public-keys":
      return "JWT_PUBLIC_KEY_FILE";
    case "jwks":
      return `the key set of ${hostOf(keys.url)}`;
  }
}

/** Nobody can open the address that stands for all of a machine's. */
const reachable = (url: string): string => url.replace(/^http:\/\/(?:0\.0\.0\.0|\[::\])(?=:|$)/, "http://localhost");
