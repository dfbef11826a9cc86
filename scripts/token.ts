/**
 * `npm run token`: prints a token signed with `TOKEN_SECRET`, for trying things and for trusted backends that have no
 * issuer of their own. The token is all of standard output, so that it can go into a variable.
 */
import { parseArgs } from "node:util";
import { ConfigError, readTokenSecret } from "../src/config/index.ts";
import { createTokenIssuer, isName } from "../src/tokens/index.ts";
import { EX_CONFIG, EX_USAGE, readArguments, UsageError } from "./usage.ts";

const usage = `Usage: npm run -s token -- --subject NAME [--scope "WORDS"] [--sid SESSION] [--expires-in 1h]

  --subject     whom the token speaks for (sub)
  --scope       words separated by spaces; "sessions:write" opens /sessions to a trusted backend
  --sid         the session that it names (sid); a backend needs none
  --expires-in  a number with s, m, h or d; 1h when left out, 365d at most

TOKEN_SECRET, or TOKEN_SECRET_FILE, holds the secret to sign with; where neither is set it is the one that the service has made
beside its sqlite file. Run it where the service runs, with its environment.
`;

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function durationMs(text: string): number {
  const [, amount, unit] = /^([1-9][0-9]{0,7})([smhd])$/.exec(text) ?? [];
  const duration = Number(amount) * (unitMs[unit ?? ""] ?? Number.NaN);
  if (!(duration <= 365 * 86_400_000))
    throw new UsageError("--expires-in takes a number with s, m, h or d, up to 365d");
  return duration;
}

const readCommandLine = () =>
  readArguments(() =>
    parseArgs({
      options: {
        subject: { type: "string" },
        scope: { type: "string" },
        sid: { type: "string" },
        "expires-in": { type: "string", default: "1h" },
        help: { type: "boolean", default: false },
      },
    }),
  ).values;

function run(): void {
  const { subject, scope, sid, "expires-in": expiresIn, help } = readCommandLine();
  if (help) {
    process.stdout.write(usage);
    return;
  }
  if (!isName(subject)) throw new UsageError("--subject takes a name of 1 to 256 characters");
  if (sid !== undefined && !isName(sid)) throw new UsageError("--sid takes a name of 1 to 256 characters");
  const expiresAt = Date.now() + durationMs(expiresIn);
  const issuer = createTokenIssuer(readTokenSecret(), { now: Date.now });
  const token = issuer.issue({
    subject,
    expiresAt,
    ...(sid === undefined ? {} : { sessionId: sid }),
    ...(scope === undefined ? {} : { scope }),
  });
  process.stdout.write(`${token}\n`);
}

try {
  run();
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${usage}`);
    process.exitCode = EX_USAGE;
  } else if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = EX_CONFIG;
  } else throw error;
}
