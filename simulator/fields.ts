/**
 * What a JSON value may be, told field by field. Used in two ways: the control interface takes nothing that it does not
 * know, the gateway itself passes over what it does not know, as servlet containers do.
 */
export interface Notes {
  /** `path: what is wanted`, one for each field that is wrong. */
  readonly mistakes: string[];
  /** What no page has and is taken all the same: fields without a meaning, numbers as texts. */
  readonly oddities: string[];
}

export interface Field<T> {
  /** The value as it is meant; of no use when a mistake was noted. */
  read(value: unknown, path: string, notes: Notes): T;
}

/** A field of an object that may be left out. */
export interface Optional<T> {
  readonly optional: Field<T>;
}

export type ValueOf<F> = F extends Field<infer T> ? T : never;
type Fields = Readonly<Record<string, Field<unknown> | Optional<unknown>>>;
type ValuesOf<F extends Fields> = {
  readonly [Name in keyof F as F[Name] extends Field<unknown> ? Name : never]: ValueOf<F[Name]>;
} & {
  readonly [Name in keyof F as F[Name] extends Optional<unknown> ? Name : never]?: F[Name] extends Optional<infer T>
    ? T
    : never;
};

function leaf<T>(wanted: string, fits: (value: unknown) => boolean): Field<T> {
  return {
    read(value, path, { mistakes }) {
      if (!fits(value)) mistakes.push(`${path}: ${value === undefined ? "missing, " : ""}${wanted}`);
      return value as T;
    },
  };
}

export const anything: Field<unknown> = { read: (value) => value };
export const flag = leaf<boolean>("a boolean", (value) => typeof value === "boolean");

/** Characters. */
export function text(least = 1, most = Number.POSITIVE_INFINITY): Field<string> {
  const wanted = most === Number.POSITIVE_INFINITY ? "a text" : `a text of ${least} to ${most} characters`;
  return leaf(wanted, (value) => typeof value === "string" && value.length >= least && value.length <= most);
}

export function number(least = 0, most = Number.POSITIVE_INFINITY): Field<number> {
  const wanted = most === Number.POSITIVE_INFINITY ? "a number" : `a number from ${least} to ${most}`;
  return leaf(wanted, (value) => typeof value === "number" && value >= least && value <= most);
}

export function whole(least = 0, most = Number.MAX_SAFE_INTEGER): Field<number> {
  const wanted = most === Number.MAX_SAFE_INTEGER ? "a whole number" : `a whole number from ${least} to ${most}`;
  return leaf(wanted, (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most);
}

export function oneOf<const T extends string>(names: readonly T[]): Field<T> {
  return leaf(`one of ${names.join(", ")}`, (value) => names.includes(value as T));
}

export function optional<T>(field: Field<T>): Optional<T> {
  return { optional: field };
}

export function orNull<T>(field: Field<T>): Field<T | null> {
  return { read: (value, path, notes) => (value === null ? null : field.read(value, path, notes)) };
}

export function list<T>(field: Field<T>, least = 0, most = Number.POSITIVE_INFINITY): Field<readonly T[]> {
  return {
    read(value, path, notes) {
      if (Array.isArray(value) && value.length >= least && value.length <= most) {
        return value.map((one, place) => field.read(one, `${path}[${place}]`, notes));
      }
      const bounds = most === Number.POSITIVE_INFINITY ? "" : ` of ${least} to ${most}`;
      notes.mistakes.push(`${path}: a list${bounds}`);
      return [];
    },
  };
}

/** An object. A field that it does not have is a mistake when it is `strict`, else an oddity. */
export function record<const F extends Fields>(fields: F, strict = true): Field<ValuesOf<F>> {
  return {
    read(value, path, notes) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        notes.mistakes.push(`${path || "body"}: an object`);
        return {} as ValuesOf<F>;
      }
      const below = (name: string) => (path === "" ? name : `${path}.${name}`);
      for (const name of Object.keys(value)) {
        if (Object.hasOwn(fields, name)) continue;
        if (strict) notes.mistakes.push(`${below(name)}: no such field`);
        else notes.oddities.push(`${below(name)}: no such field`);
      }
      const given = value as Readonly<Record<string, unknown>>;
      const read: Record<string, unknown> = {};
      for (const [name, field] of Object.entries(fields)) {
        const one = Object.hasOwn(given, name) ? given[name] : undefined;
        if ("optional" in field) {
          if (one !== undefined) read[name] = field.optional.read(one, below(name), notes);
        } else read[name] = field.read(one, below(name), notes);
      }
      return read as ValuesOf<F>;
    },
  };
}

/** Throws a `TypeError` that names every mistake. */
export function readStrictly<T>(field: Field<T>, value: unknown): T {
  const notes: Notes = { mistakes: [], oddities: [] };
  const read = field.read(value, "", notes);
  if (notes.mistakes.length > 0) throw new TypeError(notes.mistakes.join("; "));
  return read;
}
