import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ConfigError, readTokenSecret } from "../src/config/index.ts";
import { createTokenIssuer } from "../src/tokens/index.ts";
import { NotAnswered, type RunningService, runningService } from "./admin/running-service.ts";
import { table } from "./admin/table.ts";
import { EX_CONFIG, EX_USAGE, readArguments, UsageError } from "./usage.ts";

/** `npm run admin`: what an operator asks of a running service, and the first look at a new site. */
const usage = `Usage: npm run -s admin -- COMMAND [--json]

  agents                          who is signed in at the gateway, when each was polled last, which instance holds it
  sessions [--subject NAME] [--agent ID]
                                  the apps' sessions
  revoke SESSION | --subject NAME one session, or all of a subject
  check                           configuration, gateway, certificate, issuer, store, clocks: needs no running service

  --url         the service, http://127.0.0.1:3000 when left out
  --issuer      whose subject: app or own (sessions, revoke --subject)
  --token-file  holds a service token; without it one is made with TOKEN_SECRET, or with the secret kept beside the
                sqlite file
  --json        as JSON, for programs

Exits with 0 when all is well, 1 when something is wrong or nobody answers, 64 on a wrong call, 78 on a wrong configuration.
`;

const TOKEN_MS = 60_000;

const readCommandLine = () =>
  readArguments(() =>
    parseArgs({
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
    }),
  );

type Values = ReturnType<typeof readCommandLine>["values"];

function serviceOf(values: Values): RunningService {
  if (!URL.canParse(values.url) || !/^https?:/.test(values.url)) throw new UsageError("--url takes an http(s) address");
  return runningService(values.url, tokenOf(values));
}

function tokenOf({ "token-file": file }: Values): string {
  if (file === undefined) {
    const issuer = createTokenIssuer(readTokenSecret(), { now: Date.now });
    return issuer.issue({ subject: "admin", scope: "sessions:write", expiresAt: Date.now() + TOKEN_MS });
  }
  let token: string;
  try {
    token = readFileSync(file, "utf8").trim();
  } catch {
    throw new UsageError("--token-file cannot be read");
  }
  if (!/^[!-~]+$/.test(token)) throw new UsageError("--token-file takes a file that holds one token");
  return token;
}

/** An option that a command would pass over is a mistake: what it shows or does would be more than was asked for. */
function takes(command: string, values: Values, ...names: readonly ("subject" | "agent" | "issuer")[]): void {
  for (const name of ["subject", "agent", "issuer"] as const)
    if (values[name] !== undefined && !names.includes(name)) throw new UsageError(`${command} takes no --${name}`);
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
  if ((session === undefined) === (values.subject === undefined) || session === "")
    throw new UsageError("revoke takes a session, or --subject");
  if (session === undefined) takes("revoke --subject", values, "subject", "issuer");
  else takes("revoke SESSION", values);
  const service = serviceOf(values);
  // The service answers the same where there was nothing; whoever has mistyped a name wants to know.
  // And where that cannot be seen, it is revoked all the same.
  const found = await service.list(`/sessions${asked(values)}`, "sessions").catch(() => null);
  await service.remove(
    session === undefined ? `/sessions${asked(values)}` : `/sessions/${encodeURIComponent(session)}`,
  );
  if (values.json) return "{}";
  if (found === null) return "revoked; whether anything was bound could not be seen";
  const { length } = session === undefined ? found : found.filter(({ sessionId }) => sessionId === session);
  const whose = session === undefined ? "of that subject" : "of that name";
  return length === 0 ? `nothing to revoke: no session ${whose} is bound` : `revoked ${length}`;
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
  const { values, positionals } = readCommandLine();
  if (values.help) return usage.trimEnd();
  const [command, session, ...more] = positionals;
  if (more.length > 0 || (session !== undefined && command !== "revoke")) throw new UsageError("too many words");
  switch (command) {
    case "agents":
      takes(command, values);
      return listed(values, "/agents", "agents", AGENT);
    case "sessions":
      takes(command, values, "subject", "agent", "issuer");
      return listed(values, `/sessions${asked(values)}`, "sessions", SESSION);
    case "revoke":
      return revoke(values, session);
    case "check":
      takes(command, values);
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
