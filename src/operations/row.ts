import * as z from "zod";
import { partsOf, whyForbidden } from "./interface-path.ts";

/** One row of `config/operations.json`: an interface of the gateway that an agent's app may call through this service. */

const place = z.enum(["path", "query", "body"]);
const common = {
  in: place,
  required: z.boolean().default(false),
  /** Goes into the audit line of a call: whom and what it was about. */
  audited: z.boolean().default(false),
  meaning: z.string().min(1).max(300),
};

const LONGEST = 65_536;
const length = z.int().min(0).max(LONGEST);

const integerField = z.strictObject({
  ...common,
  type: z.literal("integer"),
  minimum: z.int(),
  maximum: z.int(),
  /** Values beside those of the range. */
  also: z.array(z.int()).default([]),
});
const stringField = z.strictObject({
  ...common,
  type: z.literal("string"),
  minLength: length.default(0),
  /** In bytes of UTF-8: some pages count so, and others may. */
  maxLength: length,
  pattern: z.string().max(200).refine(isPattern, "must be a regular expression").exactOptional(),
  /** The page says that it is for nobody's eyes: it never reaches a log. */
  sensitive: z.boolean().default(false),
});
const agentField = z.strictObject({ ...common, type: z.literal("agent") });
const booleanField = z.strictObject({ ...common, type: z.literal("boolean") });

const field = z.discriminatedUnion("type", [integerField, stringField, agentField, booleanField], {
  error: "type: must be integer, string, agent or boolean",
});

/** As JSON members, query parameters and placeholders of the path are called. */
const fieldName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, "must be the name of a field");

/** The first word of the path, before the agent's id. */
const family = z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/, "must be one word");

/** Words and `{field}`s, behind the agent's id. */
const path = z
  .string()
  .max(200)
  .regex(
    /^(?:[A-Za-z][A-Za-z0-9]*|\{[A-Za-z][A-Za-z0-9_]*\})(?:\/(?:[A-Za-z][A-Za-z0-9]*|\{[A-Za-z][A-Za-z0-9_]*\}))*$/,
    {
      error: "must be words and {fields} with slashes between them, without the agent's id",
      // What is no path has no words to look at.
      abort: true,
    },
  );

const members = {
  family,
  method: z.enum(["GET", "POST", "PUT", "DELETE"]),
  path,
  /** Changes nothing: may be asked twice, and needs no line in the audit trail. */
  read: z.boolean(),
  fields: z.record(fieldName, field),
  /** Of the gateway's reference; several editions have other numbers. */
  page: z.string().min(1).max(60),
  meaning: z.string().min(1).max(300),
};

/** `all` is the word for every row. */
export const operationName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/, "must be the name of an operation")
  .refine((name) => name !== "all", "is the word for all of them, and no name");

export const agentOperationRow = z
  .strictObject({ ...members, read: members.read.default(false), fields: members.fields.default({}) })
  .superRefine((row, context) => {
    for (const { path, message } of mistakesOf(row)) context.addIssue({ code: "custom", path: [...path], message });
  });

export type AgentOperationField = z.output<typeof field>;
export type AgentOperationRow = z.output<typeof agentOperationRow>;

type RowMistake = { readonly path: readonly string[]; readonly message: string };

/** What only shows when the members are seen together. */
function* mistakesOf(row: z.output<ReturnType<typeof z.strictObject<typeof members>>>): Generator<RowMistake> {
  const why = whyForbidden(row.family, row.path, (name) => row.fields[name]?.type);
  if (why !== null) yield { path: ["path"], message: why };
  const inPath = partsOf(row.path).flatMap(({ text, isField }) => (isField ? [text] : []));
  for (const name of new Set(inPath)) {
    if (row.fields[name]?.in !== "path") yield { path: ["path"], message: `{${name}} is no field with "in": "path"` };
  }
  for (const [name, field] of Object.entries(row.fields)) {
    const at = ["fields", name];
    if (field.in === "path" && inPath.filter((one) => one === name).length !== 1) {
      yield { path: at, message: `must stand in the path once, as {${name}}` };
    }
    if (field.in === "path" && !field.required) yield { path: at, message: "a field of the path is required" };
    if (field.in === "body" && (row.method === "GET" || row.method === "DELETE")) {
      yield { path: at, message: `a ${row.method} has no body` };
    }
    if (field.type === "integer" && field.minimum > field.maximum) {
      yield { path: at, message: "minimum must not be above maximum" };
    }
    if (field.type === "string" && field.minLength > field.maxLength) {
      yield { path: at, message: "minLength must not be above maxLength" };
    }
    if (field.type === "string" && field.sensitive && field.audited) {
      yield { path: at, message: "is sensitive, and goes into no audit line" };
    }
  }
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text, "u");
    return true;
  } catch {
    return false;
  }
}
