import * as z from "zod";
import { type AgentCall, parseAgentId } from "../gateway/index.ts";
import { withoutControls } from "../http/plain-text.ts";
import { partsOf } from "./interface-path.ts";
import type { OperationField, OperationRow } from "./row.ts";

/** What a client sends for one operation, checked: by the names of the row's fields. */
export type FieldValues = Readonly<Record<string, string | number | boolean | undefined>>;

/** The body of a request, made from the row: a field that it does not know is a mistake. */
export function bodyOf(row: OperationRow, maxAgentId: number): z.ZodType<FieldValues> {
  const fields = Object.entries(row.fields).map(([name, field]) => {
    const schema = schemaOf(field, maxAgentId).meta({ description: field.meaning });
    return [name, field.required ? schema : schema.optional()] as const;
  });
  // Where nothing has to be said, nothing has to be sent.
  return z.strictObject(Object.fromEntries(fields)).prefault({});
}

/** The call, each value where its field says. */
export function callOf({ family, method, path, read, fields }: OperationRow, values: FieldValues): AgentCall {
  const given = (place: OperationField["in"]) =>
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
export function auditedOf({ fields }: OperationRow, values: FieldValues): FieldValues {
  return Object.fromEntries(Object.entries(values).filter(([name]) => fields[name]?.audited));
}

function schemaOf(field: OperationField, maxAgentId: number): z.ZodType<string | number | boolean> {
  switch (field.type) {
    case "boolean":
      return z.boolean({ error: "must be true or false" });
    case "integer":
      return integer(field);
    case "agent":
      return z.string({ error: "must be a text" }).refine((text) => parseAgentId(text, maxAgentId) !== null, {
        error: `must be an agent id, 101 to ${maxAgentId}`,
      });
    case "string":
      return text(field);
  }
}

function integer({ minimum, maximum, also }: Extract<OperationField, { type: "integer" }>) {
  const beside = also.map((value) => ` or ${value}`).join("");
  const error = `must be a whole number from ${minimum} to ${maximum}${beside}`;
  const range = z.int({ error }).min(minimum, { error }).max(maximum, { error });
  return also.length === 0 ? range : z.union([range, z.literal(also)], { error });
}

function text({ in: place, minLength, maxLength, pattern }: Extract<OperationField, { type: "string" }>) {
  const any = z.string({ error: "must be a text" });
  const plain = place === "body" ? any : any.regex(withoutControls, { error: "must not contain control characters" });
  const formed =
    pattern === undefined
      ? plain
      : plain.regex(new RegExp(pattern, "u"), { error: "does not have the form that the gateway takes" });
  return formed
    .min(minLength, { error: `must have ${minLength} characters or more` })
    .max(maxLength, { error: `must have ${maxLength} bytes at most` })
    .refine((value) => Buffer.byteLength(value) <= maxLength, { error: `must have ${maxLength} bytes at most` })
    .refine((value) => value.isWellFormed(), { error: "must not contain half characters" })
    .refine((value) => place !== "path" || !/^\.*$/.test(value), { error: "must not be empty or dots" });
}
