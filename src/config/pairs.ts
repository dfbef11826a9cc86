import { OWN_ISSUER, type PublicKey, whyUnfit } from "../tokens/index.ts";
import type { Mistake } from "./mistakes.ts";
import type { SettingName, Values } from "./settings.ts";

const outsideKeys = ["JWT_SECRET", "JWT_PUBLIC_KEY_FILE", "JWT_JWKS_URL"] as const;
const issuerSettings = [
  ...(["JWT_ALGORITHMS", "JWT_ISSUER", "JWT_AUDIENCE", "JWT_SESSION_CLAIM"] as const),
  ...(["JWT_REQUIRED_CLAIMS", "JWT_CLOCK_SKEW_MS", "JWT_CA_FILE"] as const),
];

/**
 * What only shows when settings are seen together. `isSet` tells which ones were given at all, so that a value which
 * is mistaken by itself does not count as missing too.
 */
export function findDangerousPairs(
  values: Values,
  isSet: (name: SettingName) => boolean,
  { issuerKeys, ...own }: Beside,
): Mistake[] {
  return [
    ...listeners(values),
    ...clientCertificate(isSet),
    ...tokenKeys(values, isSet, own),
    ...tokenAlgorithms(values, isSet, issuerKeys),
    ...sessions(values, isSet),
  ];
}

function* listeners({ PORT, METRICS_PORT }: Values): Generator<Mistake> {
  if (METRICS_PORT !== undefined && METRICS_PORT === PORT && PORT !== 0) {
    yield { name: "METRICS_PORT", message: "must differ from PORT; leave it out to have /metrics on PORT" };
  }
}

function* clientCertificate(isSet: (name: SettingName) => boolean): Generator<Mistake> {
  const names = ["GATEWAY_CERT_FILE", "GATEWAY_KEY_FILE"] as const;
  const missing = names.filter((name) => !isSet(name));
  if (missing.length === 1 && missing[0]) {
    yield { name: missing[0], message: `is required with ${names.find(isSet)}: a certificate needs its key` };
  }
}

/** What is known beside the values. */
interface Beside {
  /** Of `JWT_PUBLIC_KEY_FILE`. */
  readonly issuerKeys: readonly PublicKey[] | null;
  /** The variables that begin with `JWT_`, whatever they hold. */
  readonly issuerNames: readonly string[];
  /** Where the service makes and keeps a secret of its own. */
  readonly secretFile: string | null;
}

/** What an operator does about it. */
const MAKE_A_SECRET = 'echo "TOKEN_SECRET=$(openssl rand -base64 32)" >> .env';
const MAKE_A_KEY = 'echo "SESSION_KEYS=$(openssl rand -base64 32)" >> .env';

function* tokenKeys(
  values: Values,
  isSet: (name: SettingName) => boolean,
  { issuerNames, secretFile }: Omit<Beside, "issuerKeys">,
): Generator<Mistake> {
  const given = outsideKeys.filter(isSet);
  if (given.length > 1) yield { name: given.join(", "), message: "give one of them: an issuer has one kind of key" };
  // Where the store is mistaken, whether a secret would be made beside it cannot be told.
  if (given.length === 0 && !isSet("TOKEN_SECRET") && secretFile === null && values.SESSION_STORE_URL !== undefined) {
    const keys = outsideKeys.join(", ");
    const message =
      issuerNames.length === 0
        ? `nobody could have a token. Make a secret: ${MAKE_A_SECRET} or give the key of the app's issuer: ${keys}`
        : `${issuerNames.join(", ")} ${issuerNames.length === 1 ? "means" : "mean"} an issuer whose key is missing: set one of ${keys}. Without an issuer take them out; a secret is made by ${MAKE_A_SECRET}`;
    yield { name: "TOKEN_SECRET", message };
  }
  if (values.TOKEN_SECRET?.some((secret) => values.JWT_SECRET?.includes(secret))) {
    // With one secret for both, the app's issuer could make this service's own tokens, and the other way round.
    yield { name: "TOKEN_SECRET", message: "must not share a secret with JWT_SECRET" };
  }
  if (values.JWT_ISSUER === OWN_ISSUER) {
    yield { name: "JWT_ISSUER", message: `must not be ${OWN_ISSUER}, which this service calls itself` };
  }
}

function* tokenAlgorithms(
  { JWT_ALGORITHMS: algorithms }: Values,
  isSet: (name: SettingName) => boolean,
  issuerKeys: readonly PublicKey[] | null,
): Generator<Mistake> {
  const name = "JWT_ALGORITHMS";
  const asymmetricKey = isSet("JWT_PUBLIC_KEY_FILE") || isSet("JWT_JWKS_URL");
  if (asymmetricKey && !isSet(name)) yield { name, message: "is required with a public key or JWKS" };
  if (algorithms === undefined || !outsideKeys.some(isSet)) return;
  const kind = isSet("JWT_JWKS_URL") ? "jwks" : isSet("JWT_PUBLIC_KEY_FILE") ? "public-keys" : "secrets";
  const why = whyUnfit(algorithms, kind, issuerKeys);
  if (why !== null) yield { name, message: why };
}

function* sessions(values: Values, isSet: (name: SettingName) => boolean): Generator<Mistake> {
  if (values.SESSION_STORE_URL?.startsWith("redis") && !isSet("SESSION_KEYS")) {
    // A key of its own on each instance would make what one seals unreadable to the others.
    yield {
      name: "SESSION_KEYS",
      message: `is required with Redis, the same for all instances. Make a key: ${MAKE_A_KEY}`,
    };
  }
  const { SESSION_IDLE_MS: idle, SESSION_MAX_MS: max } = values;
  // A default idle time above a chosen maximum is shortened instead: nobody asked for it.
  if (idle !== undefined && max !== undefined && idle > max && isSet("SESSION_IDLE_MS")) {
    yield { name: "SESSION_IDLE_MS", message: "must not be longer than SESSION_MAX_MS" };
  }
}

/** Allowed, and worth a second look. */
export function findDoubtful(values: Values, isSet: (name: SettingName) => boolean): string[] {
  const warnings: string[] = [];
  for (const name of ["GATEWAY_URL", "JWT_JWKS_URL"] as const) {
    const url = values[name] === undefined ? null : URL.parse(values[name]);
    if (url?.protocol === "http:" && !/^(localhost|127\.[0-9.]+|\[::1\])$/.test(url.hostname)) {
      warnings.push(`${name} is not https: whoever is on the way can read and change what is sent`);
    }
  }
  if (!outsideKeys.some(isSet)) {
    for (const name of issuerSettings.filter(isSet)) {
      warnings.push(`${name} has no effect without a key of the app's issuer`);
    }
  }
  if (isSet("JWT_CA_FILE") && outsideKeys.some(isSet) && !isSet("JWT_JWKS_URL")) {
    warnings.push("JWT_CA_FILE has no effect without JWT_JWKS_URL");
  }
  const pause = values.KEEP_ALIVE_INTERVAL_MS;
  if (pause !== undefined && (pause < 200 || pause > 500)) {
    warnings.push("KEEP_ALIVE_INTERVAL_MS is outside of the 200 to 500 ms that the gateway's reference asks for");
  }
  return warnings;
}
