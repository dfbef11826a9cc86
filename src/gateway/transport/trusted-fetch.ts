import type { RequestInit, Response } from "undici";
import { failureOf } from "./failure.ts";
import { secureContextOf, type Trust } from "./trust.ts";
import { undici } from "./undici.ts";

interface TrustedFetch {
  /** As everybody knows it, by the trust and the proxy that it was made with. Rejects in the words that the gateway's faults have. */
  fetch(url: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

/**
 * `fetch` for another outside party than the gateway, in the same forms: whom to trust beside the system's authorities,
 * our own certificate, a proxy. Nothing of it is shared: what is trusted here is trusted nowhere else.
 */
export function openTrustedFetch({ proxy, ...trust }: Trust & { readonly proxy: string | null }): TrustedFetch {
  const secure = { secureContext: secureContextOf(trust), rejectUnauthorized: true };
  const { Agent, fetch: fetchWith, ProxyAgent } = undici();
  const dispatcher =
    proxy === null
      ? new Agent({ connect: secure, allowH2: false })
      : new ProxyAgent({ uri: proxy, requestTls: secure, allowH2: false });
  return {
    async fetch(url, init) {
      try {
        return await fetchWith(url, { ...init, dispatcher });
      } catch (error) {
        throw init?.signal?.aborted ? error : failureOf(error, false);
      }
    },
    close: () => dispatcher.destroy(),
  };
}
