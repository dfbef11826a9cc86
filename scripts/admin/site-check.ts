import { Agent, request } from "node:https";
import type { TLSSocket } from "node:tls";
import { ConfigError, type LoadedConfig, loadConfig } from "../../src/config/index.ts";
import { createGateway, openTrustedFetch, secureContextOf } from "../../src/gateway/index.ts";
import { causeOf } from "../../src/log/described-errors.ts";
import { setUpHints } from "../../src/log/reach-lines.ts";
import { Log } from "../../src/log.ts";
import { refuseMistakenSecrets } from "../../src/own-secret.ts";
import {
  openStore,
  refuseMistakenFile,
  type SessionStore,
  type StorePlace,
  StoreRefused,
} from "../../src/sessions/index.ts";
import { systemChance, systemClock } from "../../src/system-clock.ts";
import { createTokenVerifier } from "../../src/tokens/index.ts";

/** What was looked at, and how it was found. `doubtful` works today; `skipped` cannot be told from here. */
export interface Finding {
  readonly what: "configuration" | "gateway" | "certificate" | "issuer" | "store" | "clock";
  readonly verdict: "well" | "doubtful" | "wrong" | "skipped";
  readonly says: string;
}

/** A clock that is off by more makes tokens too old or too new. */
const CLOCK_MS = 2_000;
const CERTIFICATE_DAYS = 30;

/** Looks at everything that a new site gets wrong, without the service: it starts nothing and signs nobody in. */
export async function checkSite(environment: NodeJS.ProcessEnv = process.env): Promise<Finding[]> {
  let config: LoadedConfig;
  try {
    config = loadConfig(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.mistakes.map(({ name, message }) => ({
      what: "configuration",
      verdict: "wrong",
      says: `${name} ${message}`,
    }));
  }
  const configuration: Finding[] =
    config.warnings.length === 0
      ? [{ what: "configuration", verdict: "well", says: "complete" }]
      : config.warnings.map((says) => ({ what: "configuration", verdict: "doubtful", says }));
  const looks = [gatewayFindings(config), issuerFindings(config), storeFindings(config)];
  return [...configuration, ...(await Promise.all(looks)).flat()];
}

async function gatewayFindings({ gateway: options }: LoadedConfig): Promise<Finding[]> {
  const gateway = createGateway(options, {
    log: new Log("silent"),
    clock: systemClock,
    random: systemChance.random,
  });
  try {
    const wrong = await gateway.look(options.timeoutMs);
    if (wrong !== null)
      return [{ what: "gateway", verdict: "wrong", says: `${wrong.code}: ${setUpHints[wrong.what]}` }];
    const there: Finding = { what: "gateway", verdict: "well", says: "it answers as an agent gateway does" };
    return [there, ...(await seenOfGateway(options))];
  } finally {
    await gateway.close();
  }
}

/** Its certificate's last day, and its clock: an HTTP `Date` has whole seconds. */
async function seenOfGateway({
  url,
  ca,
  clientCertificate,
  proxy,
  timeoutMs,
}: LoadedConfig["gateway"]): Promise<Finding[]> {
  if (!url.startsWith("https:"))
    return [
      { what: "certificate", verdict: "doubtful", says: "GATEWAY_URL is http: passwords and Guids go unencrypted" },
    ];
  if (proxy !== null) return [{ what: "certificate", verdict: "skipped", says: "a proxy is on the way" }];
  const seen = await new Promise<{ until: number; date: number } | null>((resolve) => {
    const asked = request(
      `${url}/onlineagent/101/agentstatus`,
      { agent: new Agent({ secureContext: secureContextOf({ ca, client: clientCertificate }) }), timeout: timeoutMs },
      (answer) => {
        const certificate = (answer.socket as TLSSocket).getPeerCertificate();
        resolve({ until: Date.parse(certificate.valid_to), date: Date.parse(answer.headers.date ?? "") });
        answer.resume();
      },
    );
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(null));
    asked.end();
  });
  if (seen === null) return [{ what: "certificate", verdict: "skipped", says: "a second look was not answered" }];
  const days = Math.floor((seen.until - Date.now()) / 86_400_000);
  const left: Finding = {
    what: "certificate",
    verdict: days < CERTIFICATE_DAYS ? "doubtful" : "well",
    says: `the gateway's is good for ${days} more days`,
  };
  return Number.isNaN(seen.date) ? [left] : [left, clockFinding("the gateway", seen.date + 500, CLOCK_MS + 500)];
}

async function issuerFindings({ tokens }: LoadedConfig): Promise<Finding[]> {
  const keys = tokens.app?.keys;
  if (keys?.kind !== "jwks") {
    try {
      refuseMistakenSecrets(tokens);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.mistakes.map(({ name, message }) => ({
        what: "issuer",
        verdict: "wrong",
        says: `${name} ${message}`,
      }));
    }
    const says = keys === undefined ? "no outside issuer: the service issues tokens itself" : "its keys are at hand";
    return [{ what: "issuer", verdict: "well", says }];
  }
  const issuer = openTrustedFetch({ ...keys, client: null });
  // The verifier asks for the set at once, within a deadline of its own, and tells how that went.
  const told = Promise.withResolvers<Finding>();
  const verifier = createTokenVerifier(tokens, {
    now: Date.now,
    fetchKeySet: issuer.fetch,
    log: {
      keysNotAvailable: (_host, fault) => {
        const says = `${causeOf(fault) ?? "UNNAMED"}: see JWT_JWKS_URL, JWT_CA_FILE`;
        told.resolve({ what: "issuer", verdict: "wrong", says });
      },
      keysFetched: () => told.resolve({ what: "issuer", verdict: "well", says: "its key set can be fetched" }),
    },
  });
  try {
    return [await told.promise];
  } finally {
    verifier.close();
    await issuer.close();
  }
}

async function storeFindings({ store: place, sessions }: LoadedConfig): Promise<Finding[]> {
  if (place.kind === "memory")
    return [{ what: "store", verdict: "doubtful", says: "memory: whoever is signed in is lost with the process" }];
  if (place.path !== null) return [fileFinding(place)];
  let store: SessionStore | null = null;
  try {
    store = await openStore(place, {
      clock: systemClock,
      chance: systemChance,
      eventsKept: sessions.eventsKept,
      onCorrupt: () => undefined,
    });
    await store.pingRead();
    await store.pingWrite();
    const found: Finding = { what: "store", verdict: "well", says: "Redis can be read and written" };
    return [found, clockFinding("Redis", await store.time(), CLOCK_MS)];
  } catch (error) {
    const says =
      error instanceof StoreRefused ? error.message : `${causeOf(error) ?? "UNNAMED"}: see SESSION_STORE_URL`;
    return [{ what: "store", verdict: "wrong", says }];
  } finally {
    await store?.close();
  }
}

/** The file is a running service's alone: all that a start refuses is looked at, but the lock. */
function fileFinding(place: StorePlace): Finding {
  try {
    refuseMistakenFile(place);
    return { what: "store", verdict: "well", says: `${place.path} can be read and written` };
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    return { what: "store", verdict: "wrong", says: error.message };
  }
}

function clockFinding(whose: string, theirs: number, tolerance: number): Finding {
  const offMs = Math.round(theirs - Date.now());
  const seconds = Math.round(Math.abs(offMs) / 100) / 10;
  if (Math.abs(offMs) <= tolerance) return { what: "clock", verdict: "well", says: `as ${whose}'s` };
  const says = `${seconds} s ${offMs > 0 ? "behind" : "ahead of"} ${whose}'s: tokens may be too old or too new`;
  return { what: "clock", verdict: "doubtful", says };
}
