import * as z from "zod";
import type { AgentCall } from "../gateway/index.ts";
import { isLongEnough, withoutControls } from "../http/plain-text.ts";
import { agentId } from "../sessions/api/index.ts";
import { partsOf } from "./interface-path.ts";
import type { AgentOperationField, AgentOperationRow } from "./row.ts";

/** What a client sends for one operation, checked: by the names of the row's fields. */
export type FieldValues = Readonly<Record<string, string | number | boolean | undefined>>;

/** The body of a request, made from the row: a field that it does not know is a mistake. */
export function bodyOf(row: AgentOperationRow, maxAgentId: number): z.ZodType<FieldValues> {
  const fields = Object.entries(row.fields).map(([name, field]) => {
    const schema = schemaOf(field, maxAgentId).meta({ description: field.meaning });
    return [name, field.required ? schema : schema.optional()] as const;
  });
  // Where nothing has to be said, nothing has to be sent.
  return z.strictObject(Object.fromEntries(fields)).prefault({});
}

/** The call, each value where its field says. */
export function callOf({ family, method, path, read, fields }: AgentOperationRow, values: FieldValues): AgentCall {
  const given = (place: AgentOperationField["in"]) =>
    Object.entries(fields).flatMap(([name, field]) => {
      const value = values[name];
      return field.in === place && value !== undefined ? [[name, value] as const] : [];
    });
  const takesBody = Object.values(fields).some((field) => field.in === "body");
  return {
    family,
    method,
    path: partsOf(path).map(({ text, isField }) => (isField ? String(values[text]) : text)),
    query: given("query").map(([name, value]) => [name, String(value)]),
    body: takesBody ? Object.fromEntries(given("body")) : null,
    read,
  };
}

/** What an audit line may say of a call. */
export function auditedOf({ fields }: AgentOperationRow, values: FieldValues): FieldValues {
  return Object.fromEntries(Object.entries(values).filter(([name]) => fields[name]?.audited));
}

function schemaOf(field: AgentOperationField, maxAgentId: number): z.ZodType<string | number | boolean> {
  switch (field.type) {
    case "boolean":
      return z.boolean({ error: "must be true or false" });
    case "integer":
      return integer(field);
    case "agent":
      return agentId(maxAgentId);
    case "string":
      return text(field);
  }
}

function integer({ minimum, maximum, also }: Extract<AgentOperationField, { type: "integer" }>) {
  const beside = also.map((value) => ` or ${value}`).join("");
  const error = `must be a whole number from ${minimum} to ${maximum}${beside}`;
  const range = z.int({ error }).min(minimum, { error }).max(maximum, { error });
  return also.length === 0 ? range : z.union([range, z.literal(also)], { error });
}

/** A pattern of one class of printable ASCII, so that a character is a byte, and no control character is among them. */
const oneOfAscii = /^\^\[(?!\^)[ -Z_-~]+\][*+]\$$/;

/**
 * What is refused here is said by the OpenAPI document too, in patterns and bounds. Bytes are none of JSON Schema's: it
 * allows as many characters where each is a byte, and a quarter of them where one may have four.
 */
function text({ in: place, minLength, maxLength, pattern }: Extract<AgentOperationField, { type: "string" }>) {
  const own = pattern === undefined ? null : new RegExp(pattern, "u");
  const isAscii = pattern !== undefined && oneOfAscii.test(pattern);
  const forms: readonly (readonly [needed: boolean, form: RegExp | null, error: string])[] = [
    [place !== "body" && !isAscii, withoutControls, "must not contain control characters"],
    [true, own, "does not have the form that the gateway takes"],
    // They would be steps of the path.
    [place === "path" && own?.test(".") !== false, /^(?!\.+$)/, "must not be dots"],
  ];
  const formed = forms.reduce(
    (schema, [needed, form, error]) => (needed && form !== null ? schema.regex(form, { error }) : schema),
    z.string({ error: "must be a text" }),
  );
  const least = place === "path" ? Math.max(minLength, 1) : minLength;
  const inBytes = { anyOf: [{ pattern: "^[\\u0000-\\u007f]*$" }, { maxLength: Math.floor(maxLength / 4) }] };
  return formed
    .refine((value) => isLongEnough(value, least), { error: `must have ${least} characters or more` })
    .refine((value) => Buffer.byteLength(value) <= maxLength, { error: `must have ${maxLength} bytes at most` })
    .refine((value) => value.isWellFormed(), { error: "must not contain half characters" })
    .meta({ minLength: least, maxLength, ...(isAscii ? {} : inBytes) });
}
