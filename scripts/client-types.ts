/**
 * The client's types. `client/api.d.ts` is made from the OpenAPI document, so what the client's users see is what the
 * service validates; `client/types/` is what the compiler reads from the client's JavaScript. Generators of the registry
 * need a compiler that can be called from JavaScript, which TypeScript 7 is not; our schemas use little of JSON Schema,
 * and what is not known here fails.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../src/config/index.ts";
import { Log } from "../src/log.ts";
import { startService } from "../src/service.ts";

const root = join(import.meta.dirname, "..");

type Schema = Readonly<Record<string, unknown>>;

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { responses: Record<string, Answer> }>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Answer {
  readonly content?: Readonly<Record<string, { "x-events"?: Readonly<Record<string, EventNote>> }>>;
}

interface EventNote {
  readonly description: string;
  readonly schema: Schema;
}

/** How the events of a stream are called in the client. */
const STREAMS: Readonly<Record<string, string>> = {
  "/conferences/stream": "ConferenceEventMap",
  "/session/events": "SessionEventMap",
};

/** The OpenAPI document as it is served; no gateway is asked for it. */
export async function servedDocument(environment: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const config = loadConfig({
    GATEWAY_URL: "http://127.0.0.1:9/agentgateway/resource",
    TOKEN_SECRET: "the document does not show the secret",
    SESSION_STORE_URL: "memory:",
    HOST: "127.0.0.1",
    PORT: "0",
    SHUTDOWN_GRACE_MS: "1000",
    ...environment,
  });
  const service = await startService(config, new Log("silent"));
  try {
    return await (await fetch(`${service.url}/openapi.json`)).json();
  } finally {
    await service.close();
  }
}

/** Name → text of what the compiler reads from `client/*.js`, for users whose compiler reads declarations only. */
export function emittedTypes(): ReadonlyMap<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "client-types-"));
  try {
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    const how = ["-p", join(root, "client"), "--noEmit", "false", "--declaration", "--emitDeclarationOnly"];
    execFileSync(process.execPath, [compiler, ...how, "--outDir", folder]);
    const read = (name: string) => readFileSync(join(folder, name), "utf8").replaceAll('"./api.d.ts"', '"../api.d.ts"');
    return new Map(readdirSync(folder).map((name) => [name, read(name)]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function clientTypes(json: unknown): string {
  const document = json as Document;
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) => declaration(name, schema));
  return `/* Made by \`npm run docs\` from the OpenAPI document. Do not edit by hand. */\n\n${[...schemas, ...streams(document)].join("\n")}`;
}

function streams({ paths }: Document): string[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.values(methods).flatMap(({ responses }) =>
      Object.values(responses).flatMap(({ content = {} }) =>
        Object.values(content).flatMap(({ "x-events": events }) => {
          if (events === undefined) return [];
          const name = STREAMS[path];
          if (name === undefined) throw new Error(`a stream without a name: ${path}`);
          const fields = Object.entries(events).map(
            ([event, { description, schema }]) =>
              `${comment({ description }, "  ")}  ${key(event)}: ${type(schema, "  ")};\n`,
          );
          return [
            `/** Events of \`GET ${path}\`: what their data is, by their name. */\nexport interface ${name} {\n${fields.join("")}}\n`,
          ];
        }),
      ),
    ),
  );
}

function declaration(name: string, schema: Schema): string {
  const text = type(schema, "");
  const head = comment(schema, "");
  return text.startsWith("{") && text.endsWith("}") && schema.type === "object"
    ? `${head}export interface ${name} ${text}\n`
    : `${head}export type ${name} = ${text};\n`;
}

const KNOWN = new Set(
  "$ref type properties required items enum const anyOf oneOf allOf description examples format pattern default propertyNames minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength minItems maxItems minProperties maxProperties multipleOf additionalProperties not id title discriminator x-enumDescriptions".split(
    " ",
  ),
);

/** What a value of the schema is in TypeScript; named schemas by their names. */
export function type(schema: Schema, indent: string): string {
  for (const word of Object.keys(schema)) if (!KNOWN.has(word)) throw new Error(`a schema says ${word}`);
  const { $ref, anyOf, oneOf, allOf } = schema as Readonly<Record<string, unknown>>;
  if (typeof $ref === "string") return $ref.split("/").at(-1) ?? "";
  if ("const" in schema) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum)) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  for (const [parts, sign] of [
    [anyOf ?? oneOf, " | "],
    [allOf, " & "],
  ] as const) {
    if (Array.isArray(parts)) return parts.map((part) => grouped(type(part as Schema, indent))).join(sign);
  }
  const { type: kind } = schema;
  if (Array.isArray(kind)) return kind.map((one) => type({ ...schema, type: one }, indent)).join(" | ");
  switch (kind) {
    case "object":
      return object(schema, indent);
    case "array":
      return `${grouped(type((schema.items ?? {}) as Schema, indent))}[]`;
    case "integer":
      return "number";
    case "string":
    case "number":
    case "boolean":
    case "null":
      return kind;
    case undefined:
      return "unknown";
    default:
      throw new Error(`a schema has the type ${String(kind)}`);
  }
}

const grouped = (text: string): string => (/ [|&] /.test(text) && !text.startsWith("{") ? `(${text})` : text);

function object(schema: Schema, indent: string): string {
  const {
    properties,
    required = [],
    additionalProperties,
  } = schema as {
    properties?: Readonly<Record<string, Schema>>;
    required?: readonly string[];
    additionalProperties?: Schema | boolean;
  };
  if (properties === undefined || Object.keys(properties).length === 0) {
    const values = typeof additionalProperties === "object" ? type(additionalProperties, indent) : "unknown";
    return additionalProperties === undefined ? "Record<string, never>" : `Record<string, ${values}>`;
  }
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(
    ([name, property]) =>
      `${comment(property, inner)}${inner}${key(name)}${required.includes(name) ? "" : "?"}: ${type(property, inner)};\n`,
  );
  return `{\n${fields.join("")}${indent}}`;
}

const key = (name: string): string => (/^\w+$/.test(name) ? name : JSON.stringify(name));

function comment({ description }: Schema, indent: string): string {
  if (typeof description !== "string") return "";
  return `${indent}/** ${description.replaceAll("*/", "* /").replaceAll(/\s*\n\s*/g, " ")} */\n`;
}
