import { aliasOf, isSecret, type SettingName, settingNames } from "./settings.ts";

const ourPrefix = /^(GATEWAY|JWT|SESSION|CONFERENCE|TOKEN|KEEP_ALIVE|SERVICE_TOKEN|CORS|RATE_LIMIT|SIGN_IN|METRICS)_/i;

/** What once was a setting, and why none is needed. */
const gone: ReadonlyMap<string, string> = new Map([
  ["GATEWAY_AUTH_MODE", "a Guid that comes is taken, so both modes of a gateway work without it"],
]);

const withFile = (name: SettingName): readonly string[] => (isSecret(name) ? [name, `${name}_FILE`] : [name]);
const known: ReadonlySet<string> = new Set(settingNames.flatMap(withFile));
const aliases: ReadonlySet<string> = new Set(settingNames.map(aliasOf));

export const isSettingName = (name: string): boolean => known.has(name) || aliases.has(name);

/** Sentences about names that look like settings and are none: a misspelt name would silently leave a default in force. */
export function doubtfulNames(names: Iterable<string>): string[] {
  return [...new Set(names)]
    .filter((name) => !known.has(name) && (ourPrefix.test(name) || isNear(name)))
    .sort()
    .map((name) => {
      const why = gone.get(name);
      return why === undefined
        ? `${name} is not a setting of this service: a misspelt name?`
        : `${name} is no setting any more: ${why}. Take it out`;
    });
}

/** A short name has neighbours that mean something else. */
const LEAST_LENGTH = 5;

function isNear(name: string): boolean {
  const upper = name.toUpperCase();
  // Lower case is how other programs write some of them.
  if (known.has(upper)) return !/_proxy$/.test(name);
  return name.length >= LEAST_LENGTH && settingNames.some((other) => isOneSlipAway(upper, other));
}

/** One letter more, less or other, or two that have changed places. */
export function isOneSlipAway(one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > 1) return false;
  let start = 0;
  while (start < one.length && one[start] === other[start]) start++;
  let [oneEnd, otherEnd] = [one.length, other.length];
  while (oneEnd > start && otherEnd > start && one[oneEnd - 1] === other[otherEnd - 1]) {
    oneEnd--;
    otherEnd--;
  }
  const [left, right] = [one.slice(start, oneEnd), other.slice(start, otherEnd)];
  if (left.length <= 1 && right.length <= 1) return true;
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0];
}
