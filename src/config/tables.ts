import * as z from "zod";
import { type RetcodeRow, sessionEffects } from "../gateway/index.ts";
import { type AgentOperationRow, agentOperationRow, operationName } from "../operations/row.ts";
import { type ProblemCode, problemCodes } from "../problems.ts";
import { readText, type Surroundings, thisMachine } from "./files.ts";
import { ConfigError, type Mistake } from "./mistakes.ts";
import { joinOperations } from "./operation-table.ts";
import { settingNames } from "./settings.ts";
import { TAKEN_OFF, tidyJson } from "./tidy-text.ts";

/** What comes as files under config/: defaults, the retcode table, the sign-in fields, and a site's own over them. */

const retcode = z.string().regex(/^[0-9]{3}-[0-9]{3}$/, "must have the form 000-000");

const retcodeRow = z.strictObject({
  status: z.int().min(400).max(599),
  problem: z.enum(problemCodes as [ProblemCode, ...ProblemCode[]], "must be the code of a problem"),
  effect: z.enum(sessionEffects),
  retry: z.boolean(),
  meaning: z.string().min(1).max(300),
});
const retcodeTable = z.record(retcode, retcodeRow);
/** A site may give a part of a row that is there; of a new row everything but the meaning. */
const retcodeOverrides = z.record(retcode, retcodeRow.partial());

interface DocumentedRetcodeRow extends RetcodeRow {
  /** In our words, for the page. */
  readonly meaning: string;
}

/**
 * The fields of the sign-in body (pages 1202, 1203) that a site may choose. Not among them: `password` and `phonenum`,
 * which come with each sign-in, and `callBackUri` with `serviceToken`, which would switch the polls off.
 */
const signInFields = z.strictObject({
  agenttype: z.union([z.literal(4), z.literal(11)]).exactOptional(),
  status: z.union([z.literal(3), z.literal(4), z.literal(5)]).exactOptional(),
  autoanswer: z.boolean().exactOptional(),
  autoenteridle: z.boolean().exactOptional(),
  releasephone: z.boolean().exactOptional(),
  phonelinkage: z.boolean().exactOptional(),
  checkInWebm: z.boolean().exactOptional(),
  checkInMailm: z.boolean().exactOptional(),
  listenStatus: z.boolean().exactOptional(),
  ip: z.ipv4().exactOptional(),
  entryIp: z.string().max(64).exactOptional(),
  vcPhoneNumber: z
    .string()
    .regex(/^[0-9]{1,24}$/)
    .exactOptional(),
});

const operationTable = z.record(operationName, agentOperationRow);
/** Of a site: whole rows, or the members that differ, which are looked at as the rows that they make. */
const operationOverrides = z.record(z.string(), z.record(z.string(), z.unknown()));
/** What the agent's own conference goes by where a request says nothing. */
const conferenceFields = z.strictObject({
  holdAnnouncement: z
    .string()
    .regex(/^\P{Cc}{1,127}$/u, "must have 1 to 127 characters, none of them a control character")
    .nullable()
    .exactOptional(),
});

const defaults = z.strictObject({
  settings: z.partialRecord(
    z.enum(settingNames as [string, ...string[]]),
    z.union([z.string(), z.number()]).transform(String),
  ),
  inner: z
    .strictObject({
      leaseMs: z.int().max(300_000),
      pollHoldMs: z.int().min(1).max(60_000),
      verdictMs: z.int().min(1).max(10_000),
      eventsKept: z.int().min(1).max(10_000),
    })
    .refine(({ leaseMs, pollHoldMs }) => leaseMs >= 1.5 * pollHoldMs, {
      path: ["leaseMs"],
      // A poll starts only if the lease outlasts the hold, and the lease is renewed at a third of its time.
      message: "must be one and a half times pollHoldMs or more",
    }),
});

export interface Tables {
  readonly defaults: z.output<typeof defaults>;
  readonly retcodes: ReadonlyMap<string, DocumentedRetcodeRow>;
  readonly signInFields: Readonly<Record<string, string | number | boolean>>;
  /** By their names, in the order of the table. */
  readonly operations: ReadonlyMap<string, AgentOperationRow>;
  readonly conference: z.output<typeof conferenceFields>;
}

const noDefaults: Tables["defaults"] = {
  settings: {},
  inner: { leaseMs: 0, pollHoldMs: 0, verdictMs: 0, eventsKept: 0 },
};

interface Findings {
  readonly mistakes: Mistake[];
  /** Sentences for the log. */
  readonly doubtful: string[];
}

/** What is found is told by the name of the file; what is mistaken is left out of the answer. */
export function readTables(surroundings: Surroundings, findings: Findings, { site = true } = {}): Tables {
  const { mistakes } = findings;
  const shipped = <T>(file: string, schema: z.ZodType<T>): T | null =>
    readTable(surroundings, `${file}.json`, schema, findings, { optional: false });
  const own = <T>(file: string, schema: z.ZodType<T>): T | null =>
    site ? readTable(surroundings, `${file}.site.json`, schema, findings, { optional: true }) : null;
  return {
    defaults: shipped("defaults", defaults) ?? noDefaults,
    retcodes: joinRetcodes(shipped("retcodes", retcodeTable) ?? {}, own("retcodes", retcodeOverrides) ?? {}, mistakes),
    operations: joinOperations(
      shipped("operations", operationTable) ?? {},
      own("operations", operationOverrides) ?? {},
      mistakes,
    ),
    signInFields: { ...shipped("sign-in", signInFields), ...own("sign-in", signInFields) },
    conference: { ...shipped("conference", conferenceFields), ...own("conference", conferenceFields) },
  };
}

/** The tables without a site's own: what the pages are made from. */
export function shippedTables(): Tables {
  const mistakes: Mistake[] = [];
  const tables = readTables(thisMachine(), { mistakes, doubtful: [] }, { site: false });
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return tables;
}

function readTable<T>(
  surroundings: Surroundings,
  file: string,
  schema: z.ZodType<T>,
  { mistakes, doubtful }: Findings,
  { optional }: { optional: boolean },
): T | null {
  const name = `config/${file}`;
  const content = readText(surroundings, surroundings.tables, file);
  if ("missing" in content) {
    if (!optional) mistakes.push({ name, message: "the file is missing" });
    return null;
  }
  if ("unreadable" in content) {
    mistakes.push({ name, message: content.unreadable });
    return null;
  }
  let json: unknown;
  try {
    json = JSON.parse(content.text);
  } catch {
    mistakes.push({ name, message: "is not JSON" });
    return null;
  }
  const parsed = schema.safeParse(
    tidyJson(json, (path, { wrong }) => {
      if (wrong === null) doubtful.push(`${name}: ${path}: ${TAKEN_OFF}`);
      else mistakes.push({ name, message: `${path}: ${wrong}` });
    }),
    // Once: no parser is made for it.
    { jitless: true },
  );
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    mistakes.push({ name, message: [...issue.path, issue.message].join(": ") });
  }
  return null;
}

function joinRetcodes(
  shipped: Readonly<Record<string, DocumentedRetcodeRow>>,
  site: z.output<typeof retcodeOverrides>,
  mistakes: Mistake[],
): Map<string, DocumentedRetcodeRow> {
  const rows = new Map(Object.entries(shipped));
  for (const [code, override] of Object.entries(site)) {
    const row = retcodeRow.safeParse({ meaning: "Set by this site", ...rows.get(code), ...override });
    if (row.success) rows.set(code, row.data);
    else {
      const missing = row.error.issues.map((issue) => issue.path.join(".")).join(", ");
      mistakes.push({ name: "config/retcodes.site.json", message: `${code}: a new row also needs ${missing}` });
    }
  }
  return rows;
}
