import fc from "fast-check";
import { type OpenApi, resolved } from "./openapi-document.ts";

/** As much of JSON Schema as our document uses. What is not known here fails, so that nothing is passed over. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

const alternatives = ({ anyOf, oneOf }: Schema): readonly Schema[] | undefined => anyOf ?? oneOf;

/** Values that the schema allows, as a generator of clients' tests makes them. */
export function valuesOf(document: OpenApi, schema: Schema): fc.Arbitrary<unknown> {
  const deeper = (inner: Schema) => valuesOf(document, inner);
  if (schema.$ref !== undefined) return deeper(resolved(document, schema.$ref) as Schema);
  if ("const" in schema) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const several = alternatives(schema);
  if (several !== undefined && schema.type === undefined) return fc.oneof(...several.map(deeper));
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type: string) => deeper({ ...schema, type })));
  switch (schema.type) {
    case "string":
      return fc.oneof(...formsOf(schema).map(texts));
    case "integer":
      return fc.integer({ min: schema.minimum ?? -1_000_000, max: schema.maximum ?? 1_000_000 });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array": {
      const { items = {}, minItems = 0, maxItems = minItems + 5 } = schema;
      return fc.array(deeper(items), { minLength: minItems, maxLength: Math.min(maxItems, minItems + 5) });
    }
    case "object": {
      const { properties = {}, required = [] } = schema;
      const fields = Object.entries(properties).map(([name, inner]) => [name, deeper(inner)]);
      const whole = fc.record(Object.fromEntries(fields), { requiredKeys: [...required] as never[] });
      return whole.filter((value) => hasSoMany(schema, value));
    }
    case undefined:
      return fc.jsonValue();
    default:
      throw new Error(`a schema has the type ${String(schema.type)}`);
  }
}

interface Form {
  readonly patterns: readonly string[];
  readonly minLength: number;
  readonly maxLength: number;
}

/** The forms that a text may have: one of `anyOf`, and all of `allOf` in any case. */
function formsOf({ pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY, ...schema }: Schema): Form[] {
  const own: Form = { patterns: pattern === undefined ? [] : [pattern], minLength, maxLength };
  const both = (one: Form, other: Form): Form => ({
    patterns: [...one.patterns, ...other.patterns],
    minLength: Math.max(one.minLength, other.minLength),
    maxLength: Math.min(one.maxLength, other.maxLength),
  });
  const inAnyCase = (schema.allOf ?? []).flatMap(formsOf).reduce(both, own);
  const several = alternatives(schema)?.flatMap(formsOf);
  return several === undefined ? [inAnyCase] : several.map((one) => both(inAnyCase, one));
}

const LONG = 400;

function texts({ patterns, minLength, maxLength }: Form): fc.Arbitrary<string> {
  if (maxLength === Number.POSITIVE_INFINITY) {
    const [pattern, ...others] = patterns;
    if (others.length > 0) throw new Error("a text without bounds has several patterns");
    return pattern === undefined ? fc.string({ minLength, unit: "binary" }) : fc.stringMatching(new RegExp(pattern));
  }
  const allowed = patterns.map((pattern) => new RegExp(pattern, "u"));
  const one = { minLength: 1, maxLength: 1 };
  const any = fc.oneof(fc.string({ ...one, unit: "grapheme-ascii" }), fc.string({ ...one, unit: "binary" }));
  const unit = any.filter((text) => allowed.every((pattern) => pattern.test(text)));
  if (maxLength <= LONG) return fc.string({ unit, minLength, maxLength, size: "max" });
  // As long as it may be, without so many choices.
  const full = fc.string({ unit, minLength: 7, maxLength: 7 }).map((text) => {
    const characters = [...text.repeat(Math.ceil(maxLength / 7))];
    return characters.slice(0, maxLength).join("");
  });
  return fc.oneof(fc.string({ unit, minLength, maxLength: LONG }), full);
}

/** Whether the schema allows the value. Lengths count characters, as JSON Schema has it. */
export function allows(document: OpenApi, schema: Schema, value: unknown): boolean {
  const deeper = (inner: Schema, one: unknown) => allows(document, inner, one);
  if (schema.$ref !== undefined) return deeper(resolved(document, schema.$ref) as Schema, value);
  if ("const" in schema) return value === schema.const;
  if (schema.enum !== undefined) return schema.enum.includes(value);
  const several = alternatives(schema);
  if (several !== undefined && !several.some((one) => deeper(one, value))) return false;
  if (schema.allOf !== undefined && !schema.allOf.every((one) => deeper(one, value))) return false;
  if (schema.type === undefined) return typeof value !== "string" || allowsText(schema, value);
  if (![schema.type].flat().includes(typeOf(value, schema.type))) return false;
  if (typeof value === "string") return allowsText(schema, value);
  if (typeof value === "number") {
    return (
      value >= (schema.minimum ?? Number.NEGATIVE_INFINITY) && value <= (schema.maximum ?? Number.POSITIVE_INFINITY)
    );
  }
  if (Array.isArray(value)) {
    const { items = {}, minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
    return value.length >= minItems && value.length <= maxItems && value.every((one) => deeper(items, one));
  }
  if (typeof value !== "object" || value === null) return true;
  const { properties = {}, required = [], additionalProperties = true } = schema;
  if (!hasSoMany(schema, value)) return false;
  if (required.some((name) => !Object.hasOwn(value, name))) return false;
  return Object.entries(value).every(([name, one]) => {
    if (Object.hasOwn(properties, name)) return deeper(properties[name] ?? {}, one);
    return typeof additionalProperties === "object" ? deeper(additionalProperties, one) : additionalProperties;
  });
}

function allowsText({ pattern = "", minLength = 0, maxLength = Number.POSITIVE_INFINITY }: Schema, text: string) {
  const characters = [...text].length;
  return characters >= minLength && characters <= maxLength && new RegExp(pattern, "u").test(text);
}

function hasSoMany({ minProperties = 0, maxProperties = Number.POSITIVE_INFINITY }: Schema, value: object): boolean {
  const many = Object.keys(value).length;
  return many >= minProperties && many <= maxProperties;
}

function typeOf(value: unknown, wanted: Schema["type"]): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number")
    return Number.isInteger(value) && [wanted].flat().includes("integer") ? "integer" : "number";
  return typeof value;
}

/** The same as an object allows, with one thing changed: mostly, but not always, to what it forbids. */
export function strayingFrom(document: OpenApi, schema: Schema): fc.Arbitrary<unknown> {
  const whole = schema.$ref === undefined ? schema : (resolved(document, schema.$ref) as Schema);
  const names = [
    ...new Set([whole, ...(alternatives(whole) ?? [])].flatMap(({ properties = {} }) => Object.keys(properties))),
  ];
  // Where nothing is taken, whatever is said is too much.
  if (names.length === 0) names.push("agentId");
  const strayText = fc.string({ unit: "binary", maxLength: 20 });
  const stray = fc.oneof(
    fc.jsonValue({ maxDepth: 1 }),
    fc.constantFrom(
      "",
      "0101",
      "100",
      "1000000",
      "1e3",
      " 1201",
      "a\r\nb",
      "a\u0085",
      "x".repeat(5_000),
      null,
      -1,
      1.5,
    ),
    strayText,
    fc.integer({ min: 30, max: 600 }).map((length) => "\u{1f600}".repeat(length)),
  );
  return fc
    .tuple(valuesOf(document, whole), fc.constantFrom(...names), stray, strayText)
    .chain(([value, name, one, other]) => {
      const known = value as Readonly<Record<string, unknown>>;
      const { [name]: _, ...without } = known;
      return fc.constantFrom<unknown>(without, { ...known, [name]: one }, { ...known, [other]: one }, one, [known]);
    });
}
