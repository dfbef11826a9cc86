/** What a signed payload holds. */
export type Payload = Readonly<Record<string, unknown>>;

/**
 * A claim by the name that a setting gives it: the claim of exactly this name (`https://app.example/session` has dots of
 * its own), else dots reach into objects (`realm_access.roles`). Own members alone: nothing hides in a prototype.
 */
export function claimNamed(payload: Payload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  if (!name.includes(".")) return undefined;
  let value: unknown = payload;
  for (const part of name.split(".")) {
    if (!isPayload(value) || !Object.hasOwn(value, part)) return undefined;
    value = value[part];
  }
  return value;
}

export const isPayload = (value: unknown): value is Payload =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The words of a claim that grants rights: those of a space-separated text (RFC 8693, 4.2), or the texts of a list. */
export function wordsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return value.split(" ").filter((word) => word !== "");
  return Array.isArray(value) ? value.filter((word) => typeof word === "string" && word !== "") : [];
}

/** Whether a claim says one of these: as text, as a number or truth value of that text, or as a list that holds one. */
export function says(value: unknown, accepted: readonly string[]): boolean {
  if (Array.isArray(value)) return value.some((one) => typeof one === "string" && accepted.includes(one));
  if (typeof value === "string") return accepted.includes(value);
  return (Number.isSafeInteger(value) || typeof value === "boolean") && accepted.includes(String(value));
}
