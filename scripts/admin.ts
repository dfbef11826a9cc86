import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ConfigError, readTokenSecret } from "../src/config/index.ts";
import { createTokenIssuer } from "../src/tokens/index.ts";
import { NotAnswered, type RunningService, runningService } from "./admin/running-service.ts";
import { table } from "./admin/table.ts";

/** `npm run admin`: what an operator asks of a running service, and the first look at a new site. */
const usage = `Usage: npm run -s admin -- COMMAND [--json]

  agents                          who is signed in at the gateway, when each was polled last, which instance holds it
  sessions [--subject NAME] [--agent ID]
                                  the apps' sessions
  revoke SESSION | --subject NAME one session, or all of a subject
  check                           configuration, gateway, certificate, issuer, store, clocks: needs no running service

  --url         the service, http://127.0.0.1:3000 when left out
  --issuer      whose subject: app or own
  --token-file  holds a service token; without it one is made with TOKEN_SECRET
  --json        as JSON, for programs

Exits with 0 when all is well, 1 when something is wrong or nobody answers, 64 on a wrong call, 78 on a wrong configuration.
`;

/** sysexits.h */
const EX_USAGE = 64;
const EX_CONFIG = 78;
const TOKEN_MS = 60_000;

class UsageError extends Error {}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        url: { type: "string", default: "http://127.0.0.1:3000" },
        "token-file": { type: "string" },
        subject: { type: "string" },
        agent: { type: "string" },
        issuer: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "the arguments cannot be read");
  }
}

type Values = ReturnType<typeof readArguments>["values"];

function serviceOf(values: Values): RunningService {
  if (!URL.canParse(values.url) || !/^https?:/.test(values.url)) throw new UsageError("--url takes an http(s) address");
  return runningService(values.url, tokenOf(values));
}

function tokenOf({ "token-file": file }: Values): string {
  if (file === undefined) {
    const issuer = createTokenIssuer(readTokenSecret(), { now: Date.now });
    return issuer.issue({ subject: "admin", scope: "sessions:write", expiresAt: Date.now() + TOKEN_MS });
  }
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    throw new UsageError("--token-file cannot be read");
  }
}

function asked(values: Values): string {
  const query = new URLSearchParams();
  if (values.subject !== undefined) query.set("subject", values.subject);
  if (values.agent !== undefined) query.set("agentId", values.agent);
  if (values.issuer !== undefined) query.set("issuer", values.issuer);
  return query.size === 0 ? "" : `?${query}`;
}

async function listed(values: Values, path: string, rows: string, columns: readonly string[]): Promise<string> {
  const found = await serviceOf(values).list(path, rows);
  return values.json ? JSON.stringify(found) : `${table(found, columns)}\n${found.length} ${rows}`;
}

const AGENT = ["agentId", "keepAlive", "state", "lastPollAt", "heldBy", "sessions"];
const SESSION = ["sessionId", "issuer", "subject", "agentId", "keepAlive", "state", "createdAt", "expiresAt"];

async function revoke(values: Values, session: string | undefined): Promise<string> {
  if ((session === undefined) === (values.subject === undefined))
    throw new UsageError("revoke takes a session, or --subject");
  await serviceOf(values).remove(
    session === undefined ? `/sessions${asked(values)}` : `/sessions/${encodeURIComponent(session)}`,
  );
  return values.json ? "{}" : "revoked";
}

async function check(values: Values): Promise<string> {
  // The whole service stands behind it, and the other commands need none of it.
  const { checkSite } = await import("./admin/site-check.ts");
  const findings = await checkSite();
  if (findings.some(({ verdict }) => verdict === "wrong"))
    process.exitCode = findings.some(({ what, verdict }) => what === "configuration" && verdict === "wrong")
      ? EX_CONFIG
      : 1;
  return values.json
    ? JSON.stringify(findings)
    : table(
        findings.map((finding) => ({ ...finding })),
        ["what", "verdict", "says"],
      );
}

async function run(): Promise<string> {
  const { values, positionals } = readArguments();
  if (values.help) return usage.trimEnd();
  const [command, session, ...more] = positionals;
  if (more.length > 0 || (session !== undefined && command !== "revoke")) throw new UsageError("too many words");
  switch (command) {
    case "agents":
      return listed(values, "/agents", "agents", AGENT);
    case "sessions":
      return listed(values, `/sessions${asked(values)}`, "sessions", SESSION);
    case "revoke":
      return revoke(values, session);
    case "check":
      return check(values);
    default:
      throw new UsageError("which command?");
  }
}

try {
  process.stdout.write(`${await run()}\n`);
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${usage}`);
    process.exitCode = EX_USAGE;
  } else if (error instanceof ConfigError || error instanceof NotAnswered) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error instanceof ConfigError ? EX_CONFIG : 1;
  } else throw error;
}
