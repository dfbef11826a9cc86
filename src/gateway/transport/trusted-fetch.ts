import { Agent, fetch as fetchWith, ProxyAgent, type RequestInit, type Response } from "undici";
import { secureContextOf, type Trust } from "./trust.ts";

export interface TrustedFetch {
  /** As everybody knows it, by the trust and the proxy that it was made with. */
  fetch(url: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

/**
 * `fetch` for another outside party than the gateway, in the same forms: whom to trust beside the system's authorities,
 * our own certificate, a proxy. Nothing of it is shared: what is trusted here is trusted nowhere else.
 */
export function openTrustedFetch({ proxy, ...trust }: Trust & { readonly proxy: string | null }): TrustedFetch {
  const secure = { secureContext: secureContextOf(trust), rejectUnauthorized: true };
  const dispatcher =
    proxy === null
      ? new Agent({ connect: secure, allowH2: false })
      : new ProxyAgent({ uri: proxy, requestTls: secure, allowH2: false });
  return {
    fetch: (url, init) => fetchWith(url, { ...init, dispatcher }),
    close: () => dispatcher.destroy(),
  };
}
