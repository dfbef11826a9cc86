/**
 * Freezes what can be reached from `value`: a configuration that changes under way is one that nobody can reason
 * about. Maps lose their ways to change; typed arrays cannot be frozen (ECMA-262, TypedArray [[DefineOwnProperty]]).
 */
export function freezeDeeply<T>(value: T): T {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  if (value instanceof Map) {
    for (const change of ["set", "delete", "clear"]) Object.defineProperty(value, change, { value: refuseChange });
    for (const member of value.values()) freezeDeeply(member);
  }
  Object.freeze(value);
  for (const member of Object.values(value)) freezeDeeply(member);
  return value;
}

function refuseChange(): never {
  throw new TypeError("The configuration is frozen");
}
