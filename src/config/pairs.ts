import { OWN_ISSUER } from "../tokens/issuer.ts";
import type { PublicKey } from "./keys.ts";
import type { Mistake } from "./mistakes.ts";
import type { SettingName, Values } from "./settings.ts";
import { asymmetricAlgorithms, symmetricAlgorithms } from "./value-forms.ts";

const outsideKeys = ["JWT_SECRET", "JWT_PUBLIC_KEY_FILE", "JWT_JWKS_URL"] as const;
const issuerSettings = ["JWT_ALGORITHMS", "JWT_ISSUER", "JWT_AUDIENCE", "JWT_SESSION_CLAIM"] as const;

/**
 * What only shows when settings are seen together. `isSet` tells which ones were given at all, so that a value which
 * is mistaken by itself does not count as missing too.
 */
export function findDangerousPairs(
  values: Values,
  isSet: (name: SettingName) => boolean,
  publicKey: PublicKey | null,
): Mistake[] {
  return [
    ...listeners(values),
    ...tokenKeys(values, isSet),
    ...tokenAlgorithms(values, isSet, publicKey),
    ...sessions(values, isSet),
  ];
}

function* listeners({ PORT, METRICS_PORT }: Values): Generator<Mistake> {
  if (METRICS_PORT !== undefined && METRICS_PORT === PORT && PORT !== 0) {
    yield { name: "METRICS_PORT", message: "must differ from PORT; leave it out to have /metrics on PORT" };
  }
}

function* tokenKeys(values: Values, isSet: (name: SettingName) => boolean): Generator<Mistake> {
  const given = outsideKeys.filter(isSet);
  if (given.length > 1) yield { name: given.join(", "), message: "give one of them: an issuer has one kind of key" };
  if (given.length === 0 && !isSet("TOKEN_SECRET")) {
    yield { name: "TOKEN_SECRET", message: `set it, or one of ${outsideKeys.join(", ")}: nobody could have a token` };
  }
  if (values.TOKEN_SECRET !== undefined && values.JWT_SECRET?.includes(values.TOKEN_SECRET)) {
    // With one secret for both, the app's issuer could make this service's own tokens, and the other way round.
    yield { name: "TOKEN_SECRET", message: "must not be one of JWT_SECRET" };
  }
  if (values.JWT_ISSUER === OWN_ISSUER) {
    yield { name: "JWT_ISSUER", message: `must not be ${OWN_ISSUER}, which this service calls itself` };
  }
}

/** Lists that mix both kinds invite the attack of RFC 8725 section 2.1: a public key used as a shared secret. */
function* tokenAlgorithms(
  { JWT_ALGORITHMS: algorithms }: Values,
  isSet: (name: SettingName) => boolean,
  publicKey: PublicKey | null,
): Generator<Mistake> {
  const name = "JWT_ALGORITHMS";
  const asymmetricKey = isSet("JWT_PUBLIC_KEY_FILE") || isSet("JWT_JWKS_URL");
  if (asymmetricKey && !isSet(name)) yield { name, message: "is required with a public key or JWKS" };
  if (algorithms === undefined) return;
  const symmetric = algorithms.some((algorithm) => symmetricAlgorithms.includes(algorithm));
  const asymmetric = algorithms.some((algorithm) => asymmetricAlgorithms.includes(algorithm));
  if (symmetric && asymmetric) yield { name, message: "must not mix symmetric (HS) and asymmetric algorithms" };
  else if (symmetric && asymmetricKey) yield { name, message: "must be asymmetric with a public key or JWKS" };
  else if (asymmetric && isSet("JWT_SECRET")) yield { name, message: "must be symmetric (HS) with JWT_SECRET" };
  else if (publicKey !== null && !algorithms.every((algorithm) => publicKey.algorithms.includes(algorithm))) {
    yield { name, message: `must fit the key of JWT_PUBLIC_KEY_FILE: ${publicKey.algorithms.join(", ")}` };
  }
}

function* sessions(values: Values, isSet: (name: SettingName) => boolean): Generator<Mistake> {
  if (values.SESSION_STORE_URL?.startsWith("redis") && !isSet("SESSION_KEYS")) {
    // A key of its own on each instance would make what one seals unreadable to the others.
    yield { name: "SESSION_KEYS", message: "is required with Redis" };
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
  const pause = values.KEEP_ALIVE_INTERVAL_MS;
  if (pause !== undefined && (pause < 200 || pause > 500)) {
    warnings.push("KEEP_ALIVE_INTERVAL_MS is outside of the 200 to 500 ms that the gateway's reference asks for");
  }
  return warnings;
}
