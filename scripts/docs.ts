/**
 * `npm run docs`: writes the pages that are made from tables, so that no name can be missing or stale. test/docs.test.ts
 * holds the files against {@link generatedPages}.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isOptional, isSecret, type SettingName, settingNames, settings, shippedTables } from "../src/config/index.ts";
import { catalogue, problemCodes } from "../src/problems.ts";
import { clientTypes, emittedTypes, servedDocument } from "./client-types.ts";
import { agentOperationsPage } from "./pages/agent-operations.ts";
import { logLinesPage } from "./pages/log-lines.ts";
import { metricsPage } from "./pages/metrics.ts";
import { table } from "./pages/table.ts";

const tables = shippedTables();

/** Path from the repository's root → text. */
export function generatedPages(): ReadonlyMap<string, string> {
  return new Map([
    ["docs/configuration.md", configurationPage()],
    ["docs/problems.md", problemsPage()],
    ["docs/log-lines.md", logLinesPage()],
    ["docs/metrics.md", metricsPage()],
    ["docs/agent-operations.md", agentOperationsPage(tables.operations)],
    [".env.example", envExample()],
  ]);
}

const groups = [...new Set(settingNames.map((name) => settings[name].group))];
const namesOf = (group: string) => settingNames.filter((name) => settings[name].group === group);
const defaultOf = (name: SettingName): string | undefined => tables.defaults.settings[name];

function defaultCell(name: SettingName): string {
  const text = defaultOf(name);
  if (text !== undefined) return `\`${text}\`${inWords(name, text)}`;
  return isOptional(name) ? "–" : "required";
}

/** 1800000 says little. */
function inWords(name: SettingName, text: string): string {
  const minutes = Number(text) / 60_000;
  if (!name.endsWith("_MS") || minutes < 1 || !Number.isInteger(minutes)) return "";
  return minutes < 120 ? ` (${minutes} min)` : ` (${minutes / 60} h)`;
}

function configurationPage(): string {
  const settingRows = (group: string) =>
    namesOf(group).map((name) => [
      `\`${name}\`${isSecret(name) ? " 🔑" : ""}`,
      defaultCell(name),
      settings[name].form.description ?? "",
      settings[name].meaning,
    ]);
  const inner = tables.defaults.inner;
  return `# Configuration

<!-- Made by \`npm run docs\` from src/config/settings.ts and config/. Do not edit by hand. -->

The service is configured by environment variables. Beside them:

- \`.env\` in the working directory is read when it is there; the environment wins over it, name by name. A line is
  \`NAME=value\`; quotes round a value that needs them (a \`#\`, blanks, line breaks) are syntax there, needless ones are
  refused. A line that says nothing of the kind is a mistake.
- A secret (🔑) may be given as \`NAME_FILE\` instead: the path of a file that holds it. Giving both, or a file that cannot be
  read or is empty, is a mistake.
- An empty value counts as not set. Relative paths start at the working directory.
- Files are UTF-8; a byte order mark and line ends of Windows do no harm, UTF-16 is refused. Blanks and line breaks round a
  value are taken off, of secrets too, with a warning (one line break at the end of a file is nothing to speak of). A value
  that stands in quotes is refused by its name: \`docker run --env-file\` and some others leave quotes in, and whether they
  are meant is not guessed.
- Lists are comma separated, blanks around a comma do not matter.
- Everything is checked at the start. All mistakes are reported together, by name and without any value, and the process
  exits with 78. A variable that only looks like one of these is named in a warning, and so is one that is no longer any.

${groups.map((group) => `## ${group}\n\n${table(["Name", "Default", "Accepts", "Meaning"], settingRows(group))}\n`).join("\n")}
## What is refused together

| Together | Why |
| --- | --- |
| Redis without \`SESSION_KEYS\` | each instance would seal with a key that the others do not have |
| more than one of \`JWT_SECRET\`, \`JWT_PUBLIC_KEY_FILE\`, \`JWT_JWKS_URL\` | an issuer has one kind of key |
| none of them and no \`TOKEN_SECRET\`, with Redis, \`memory:\` or another variable that begins with \`JWT_\` | nobody could have a token; with an sqlite file alone a secret is made |
| \`TOKEN_SECRET\` that is one of \`JWT_SECRET\` | the app's issuer could make the service's own tokens |
| \`JWT_ISSUER\` \`conferences-bff\` | it is what the service calls itself in its own tokens |
| symmetric and asymmetric algorithms, or one that does not fit the key | a public key would be taken for a shared secret (RFC 8725, 2.1) |
| \`METRICS_PORT\` equal to \`PORT\` | leave it out instead |
| \`SESSION_IDLE_MS\` above \`SESSION_MAX_MS\` | when only the maximum was set, the idle time is shortened to it instead |

## Tables under \`config/\`

Each is checked like the variables. A site changes its own \`*.site.json\` beside them, which no update touches.

| File | Holds | A site's own |
| --- | --- | --- |
| \`config/defaults.json\` | the defaults above, and the inner times below | – |
| \`config/retcodes.json\` | what each retcode of the gateway means for a client and its session, see [problems](problems.md) | \`config/retcodes.site.json\`: rows, or only the fields of a row that differ |
| \`config/operations.json\` | what an agent may ask of the gateway beside its conferences, see [agent operations](agent-operations.md) | \`config/operations.site.json\`: rows, or the members of a row that differ |
| \`config/sign-in.json\` | the fields of the gateway's sign-in body beside password and phone number | \`config/sign-in.site.json\`: the fields that differ |
| \`config/conference.json\` | \`holdAnnouncement\`: the file of the platform that a held participant hears where the request names none; \`null\`: every request has to | \`config/conference.site.json\`: the field itself |

${table(
  ["Inner time", "Value", "Meaning"],
  Object.entries(innerMeanings).map(([name, meaning]) => [`\`${name}\``, `${inner[name as InnerTime]}`, meaning]),
)}

### The sign-in fields

The gateway's own defaults make an agent idle at sign-in, so that the next call of a queue is routed to it. Whoever
watches conferences must not be given calls, so the shipped values differ:

${table(
  ["Field", "Value", "Why"],
  Object.entries(tables.signInFields).map(([name, value]) => [
    `\`${name}\``,
    `\`${value}\``,
    signInReasons[name] ?? "",
  ]),
)}

Also known: \`checkInWebm\`, \`checkInMailm\`, \`listenStatus\`, \`ip\`, \`entryIp\`, \`vcPhoneNumber\`. Not taken: \`callBackUri\` and
\`serviceToken\`, which would switch the event polls off that keep a session alive; \`password\` and \`phonenum\`, which come
with each sign-in.
`;
}

type InnerTime = keyof ReturnType<typeof shippedTables>["defaults"]["inner"];

/** Each of them, or the types do not fit. */
const innerMeanings: Readonly<Record<InnerTime, string>> = {
  leaseMs:
    "how long an instance may poll for an agent without renewing its lease; at least one and a half times the hold",
  pollHoldMs: "how long the gateway holds an event poll without an event",
  verdictMs:
    "how long the gateway has to go on refusing an agent's newest Guid until its sessions end; with the pauses between the questions up to 2 s more",
  eventsKept: "events of an agent kept for a client that comes back",
};

const signInReasons: Readonly<Record<string, string>> = {
  agenttype: "4: PC and phone; 11: with video",
  status: "3: busy; 4 would be idle, 5 after-call work",
  autoanswer: "a call that comes all the same rings and is not answered by itself",
  autoenteridle: "after a call the agent does not become idle by itself",
  releasephone: "the phone is released after a call, the gateway's default",
  phonelinkage: "the phone's own state does not change the agent's, the gateway's default",
};

function problemsPage(): string {
  const retcodes = [...tables.retcodes].sort(([one], [other]) => one.localeCompare(other));
  const entry = (code: (typeof problemCodes)[number]) => {
    const { status, title, help, ...rest } = catalogue[code];
    const codes = retcodes.filter(([, row]) => row.problem === code).map(([retcode]) => `\`${retcode}\``);
    return [
      `### \`${code}\``,
      `**${status}** ${title}.${"retryAfter" in rest ? ` \`Retry-After: ${rest.retryAfter}\`.` : ""}`,
      help,
      ...(codes.length > 0 ? [`Retcodes: ${codes.join(", ")}`] : []),
    ].join("\n\n");
  };
  return `# Problems

<!-- Made by \`npm run docs\` from src/problems.ts and config/retcodes.json. Do not edit by hand. -->

Every failure is answered as \`application/problem+json\` (RFC 9457): \`type\` (\`/problems/{code}\`, which a running service
explains), \`title\`, \`status\`, \`detail\`, \`code\`, \`requestId\`, and \`retcode\` where the gateway gave one.

${problemCodes.map(entry).join("\n\n")}

## Retcodes of the gateway

What is not in this table is answered 502 \`gateway-error\` with its \`retcode\`, counted, and ends no session.

- *Effect on the session*: \`guid-refused\` is no verdict yet: the session counts as lost when the newest Guid has been refused for 4 s.
  \`session-over\` and \`signed-out\` end it. Nothing else does, and no fault of the network ever.
- *Again*: a read that is answered so may be tried once more within its deadline.

${table(
  ["Retcode", "Status", "Problem", "Effect on the session", "Again", "Meaning"],
  retcodes.map(([retcode, row]) => [
    `\`${retcode}\``,
    `${row.status}`,
    `[\`${row.problem}\`](#${row.problem})`,
    row.effect === "none" ? "–" : `\`${row.effect}\``,
    row.retry ? "yes" : "–",
    row.meaning,
  ]),
)}
`;
}

function envExample(): string {
  const lines = (name: SettingName) => {
    const setting: { meaning: string; example?: string } = settings[name];
    const shown = `${name}=${defaultOf(name) ?? setting.example ?? ""}`;
    return `# ${setting.meaning}\n${isOptional(name) || defaultOf(name) !== undefined ? `# ${shown}` : shown}\n`;
  };
  const secrets = settingNames.filter(isSecret).map((name) => `${name}_FILE`);
  return `# Copy to .env and fill in. docs/configuration.md explains each name; npm run docs makes this file.
# Needed: GATEWAY_URL; with Redis also SESSION_KEYS, and TOKEN_SECRET or one of the JWT_ keys. The other lines show defaults or examples.
# A secret may come from a file instead: ${secrets.join(", ")}.

${groups.map((group) => `## ${group}\n\n${namesOf(group).map(lines).join("\n")}`).join("\n")}`;
}

if (import.meta.main) {
  const write = (path: string, text: string): void => {
    writeFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), text);
    process.stdout.write(`${path}\n`);
  };
  for (const [path, text] of generatedPages()) write(path, text);
  write("client/api.d.ts", clientTypes(await servedDocument()));
  for (const [name, text] of emittedTypes()) write(`client/types/${name}`, text);
}
