import { Fault, Refusal } from "../../src/gateway/index.ts";
import { Log } from "../../src/log.ts";
import { Problem } from "../../src/problems.ts";
import type { AppSession } from "../../src/sessions/index.ts";
import { table } from "./table.ts";

type Lines = Exclude<keyof Log, "dependsOn" | "countWith">;
type Said = readonly [say: (log: Log) => void, tells: string, todo: string];

const NOTHING = "–";
const actor = { requestId: "r", ownRequestId: "o", subject: "s" };
type AgentId = Parameters<Log["guidIgnored"]>[0];
const agent = "1201" as AgentId;
const session = { agentId: agent, subject: "s" } as unknown as AppSession;
const away = new Problem("session-store-unavailable", { cause: Object.assign(new Error(), { code: "ECONNREFUSED" }) });
const mistake = new TypeError("a mistake");
const refusal = new Refusal("100-004", { status: 401, problem: "wrong-credentials", effect: "none", retry: false });
const fault = new Fault("gateway-unreachable", "ECONNREFUSED");
const line = { requestId: "r", method: "GET", route: "/conferences", durationMs: 1, agentId: agent, traceId: "t" };
const call = { operation: "conference-ids", retcode: null, durationMs: 1 } as const;
const banner = {
  address: "http://…",
  metrics: "m",
  board: "b",
  version: "v",
  instance: "i",
  store: "s",
  gateway: "g",
  gatewayProxy: "p",
};
const SEE_GATEWAY = "[gateway.md](gateway.md) has each `cause`";
const operation = { operation: "saybusy", agentId: agent, retcode: "100-009", fields: {} };

/** Each method of the log, with what it writes as it is written, what that tells and what to do about it. */
const lines: Readonly<Record<Lines, readonly Said[]>> = {
  listening: [
    [
      (log) => log.listening({ ...banner, tokens: ["t"], issuerProxy: "p" }),
      "It runs: what it is and whom it asks; `instance` is its name in `heldBy` of `admin agents`",
      NOTHING,
    ],
  ],
  draining: [[(log) => log.draining("SIGTERM"), "It was asked to end", NOTHING]],
  drained: [[(log) => log.drained(), "It has let go of everything", NOTHING]],
  notDrained: [
    [
      (log) => log.notDrained("w"),
      "`what` did not end in its time, and was left",
      "A longer `SHUTDOWN_GRACE_MS` where it happens often",
    ],
  ],
  configurationWarning: [
    [
      (log) => log.configurationWarning("(a sentence about the configuration)"),
      "Allowed, and worth a second look",
      "What the sentence says",
    ],
  ],
  request: [
    [(log) => log.request({ ...line, status: 200 }), "A request was answered; below 500", NOTHING],
    [(log) => log.request({ ...line, route: "/livez", status: 200 }), "A probe or a scrape was answered well", NOTHING],
    [
      (log) => log.request({ ...line, status: 502 }, fault),
      "A request failed for a reason that is not its own",
      "By `problem`: [problems.md](problems.md)",
    ],
  ],
  requestRefused: [
    [
      (log) => log.requestRefused(actor, agent, new Problem("csrf"), false),
      "Somebody tried what is not theirs",
      "Who is `subject`, and where does the request come from?",
    ],
  ],
  unexpected: [
    [
      (log) => log.unexpected("r", mistake),
      "A mistake of the service's own",
      "Report it with its `stack` and `requestId`",
    ],
  ],
  guidIgnored: [
    [
      (log) => log.guidIgnored(agent),
      "The gateway sent a Guid that no header can hold; told once a minute, with the agent whose it was",
      "Whoever runs the gateway, or what stands before it",
    ],
  ],
  interimAnswers: [
    [(log) => log.interimAnswers(), "Something before the gateway sends what nobody asked for", "Switch it off there"],
  ],
  unknownRetcode: [
    [
      (log) => log.unknownRetcode("999-999"),
      "Answered as `gateway-error`; told once for each code",
      "A row in `config/retcodes.site.json`",
    ],
  ],
  gatewaySetUpWrong: (["unreachable", "certificate", "not-a-gateway"] as const).map(
    (what): Said => [
      (log) => log.gatewaySetUpWrong({ what, code: "c" }),
      "The one look at the start found it",
      SEE_GATEWAY,
    ],
  ),
  gatewayCall: [
    [
      (log) => log.gatewayCall({ ...call, outcome: "gateway-unreachable", cause: "ECONNREFUSED" }),
      "Told once a minute as long as it stands",
      SEE_GATEWAY,
    ],
    [(log) => log.gatewayCall({ ...call, outcome: "ok", cause: null }), "After `stoodMs`", NOTHING],
  ],
  breaker: [
    [
      (log) => log.breaker("open"),
      "`open`: calls are kept back, for the gateway failed often; `closed`: no more",
      "As for the fault before it",
    ],
  ],
  keysNotAvailable: [
    [
      (log) => log.keysNotAvailable("h", fault),
      "Told once a minute as long as it stands; known keys stay good",
      SEE_GATEWAY,
    ],
  ],
  keysFetched: [[(log) => log.keysFetched("h"), "After `stoodMs`", NOTHING]],
  corruptRecord: [
    [
      (log) => log.corruptRecord({ kind: "key", name: "n", why: "damaged" }),
      "`damaged`: the agent is polled no more, or the session is over; `key-missing`: sealed with a key that is missing here; or `newer`: a newer version has written it, and the agent is left to that one",
      "`SESSION_KEYS` of all instances the same? Else the next sign-in replaces it",
    ],
  ],
  moreCorruptRecords: [
    [
      (log) => log.moreCorruptRecords({ kind: "key", why: "damaged", records: 2, names: ["n"] }),
      "How many of that kind there were in the minute since, and the first of their `names`",
      "As before",
    ],
  ],
  recordLost: [
    [
      (log) => log.recordLost(agent),
      "The store was emptied, restarted without its data, or drops keys; the agent's users have to sign in again. Those that follow within a minute are told as `lost` in the line above",
      "Persistence and `maxmemory-policy` of Redis: [operations.md](operations.md)",
    ],
  ],
  signedIn: [[(log) => log.signedIn(agent, actor, "joined"), "Audit: `signed-in`, `forced` or `joined`", NOTHING]],
  signInRefused: [
    [
      (log) => log.signInRefused(agent, actor, refusal),
      "Audit: the gateway, or a rule, said no",
      "Many of one `agentId`: somebody guesses passwords",
    ],
    [(log) => log.signInRefused(agent, actor, fault), "Nobody could be asked", "As for the fault"],
  ],
  signInNotAnswered: [
    [(log) => log.signInNotAnswered(agent), "The gateway took a minute and more", "Whoever runs the gateway"],
  ],
  signedOut: [
    [
      (log) => log.signedOut(agent, false, "signed-out", actor),
      "Audit: `signed-out` or `forced-out`, with the reason",
      NOTHING,
    ],
  ],
  signOutFailed: [
    [
      (log) => log.signOutFailed(agent, fault),
      "Tried once more later, of an agent whose sessions were revoked a few times; the gateway forgets the agent in two minutes",
      NOTHING,
    ],
  ],
  agentTalksOn: [[(log) => log.agentTalksOn(agent), "Told once a minute", NOTHING]],
  agentOperation: [
    [
      (log) => log.agentOperation({ ...operation, outcome: "not-done" }, actor),
      "Audit: a change by [another operation](agent-operations.md), with those `fields` that its row names",
      "`unknown`: ask the agent's state",
    ],
  ],
  sessionBound: [[(log) => log.sessionBound(session, actor), "Audit: a backend has bound a session", NOTHING]],
  sessionRevoked: [[(log) => log.sessionRevoked(session, actor), "Audit: a backend has revoked a session", NOTHING]],
  sessionEnded: [
    [
      (log) => log.sessionEnded(session, "revoked", actor),
      "Audit: with the session's `subject`, and `by` whom",
      NOTHING,
    ],
  ],
  sessionExpired: [
    [(log) => log.sessionExpired(session), "Audit: it waits for the next `PUT`", "The backend brings a new Guid"],
  ],
  guidNotStored: [[(log) => log.guidNotStored(agent), "The agent will have to sign in again", "Report it"]],
  guidKeptInMemory: [
    [
      (log) => log.guidKeptInMemory(agent),
      "Nothing is lost unless this process ends now",
      "Bring the store back before a restart",
    ],
  ],
  pollingStarted: [[(log) => log.pollingStarted(agent), "This instance keeps the agent signed in", NOTHING]],
  pollingStopped: [[(log) => log.pollingStopped(agent), "It does no more", NOTHING]],
  pollFailed: [[(log) => log.pollFailed(agent, fault), "The next one comes in a moment", NOTHING]],
  agentState: [
    [
      (log) => log.agentState(agent, "unreachable"),
      "`unreachable`: two polls have failed; `active`: again",
      "As for the gateway's fault",
    ],
  ],
  keeperUnable: (["records", "gateway"] as const).map(
    (why): Said => [
      (log) => log.keeperUnable(why),
      "Told once a minute; the others take over",
      why === "records" ? "Give it the `SESSION_KEYS` of the others" : SEE_GATEWAY,
    ],
  ),
  keeperAble: [[(log) => log.keeperAble("gateway"), "After `stoodMs`", NOTHING]],
  clockSeen: [
    [
      (log) => log.clockSeen("store", 40_000),
      "It ends no session; told once a minute, `whose` clock and by how much",
      "Set it right",
    ],
    [(log) => log.clockSeen("store", null), "After `stoodMs`", NOTHING],
  ],
  keeperFailed: [
    [(log) => log.keeperFailed(mistake), "A mistake of the service's own; it is tried again", "Report it"],
    [
      (log) => log.keeperFailed(away),
      "Told once a minute as long as it stands",
      "[alerts.md](alerts.md#storeisnotanswering)",
    ],
  ],
  // The same two lines, however it was found.
  storeConnection: [],
  keeperWorked: [[(log) => log.keeperWorked(), "After `stoodMs`", NOTHING]],
  writesFailed: [
    [
      (log) => log.writesFailed(away),
      "Tried every 5 s, told once a minute as long as it stands: full, read-only, a right is missing, away, or the sqlite file is no longer where it was opened (`FILE_GONE`)",
      "[alerts.md](alerts.md#storeisnotanswering)",
    ],
  ],
  writesWorked: [[(log) => log.writesWorked(), "After `stoodMs`", NOTHING]],
};

const levels: Readonly<Record<number, string>> = { 20: "debug", 30: "info", 40: "warn", 50: "error" };

/** The lines as they are written, with their levels and fields. */
function written(): string[][] {
  const texts: string[] = [];
  const log = new Log("debug", { write: (text) => void texts.push(text) });
  log.dependsOn({ gateway: "g", store: "s" });
  // The end of a fault is told only where its beginning was.
  log.keeperUnable("gateway");
  return Object.values(lines).flatMap((said) =>
    said.map(([say, tells, todo]) => {
      // A fault that stands is told once a minute: a log of its own has not told it yet.
      const before = texts.length;
      say(log);
      if (texts.length === before) {
        const other = new Log("debug", { write: (text) => void texts.push(text) });
        other.dependsOn({ gateway: "g", store: "s" });
        say(other);
      }
      const text = texts.at(-1);
      if (text === undefined || texts.length === before) throw new Error(`no line: ${tells}`);
      const { level, msg, time: _, ...fields } = JSON.parse(text) as { level: number; msg: string; time: string };
      const names = Object.keys(fields).map((name) => `\`${name}\``);
      const audit = "audit" in fields ? " 📝" : "";
      return [`${msg}${audit}`, levels[level] ?? "", names.join(" ") || NOTHING, tells, todo];
    }),
  );
}

/** docs/log-lines.md, made by letting the log write each of its lines. */
export function logLinesPage(): string {
  return `# Log lines

<!-- Made by \`npm run docs\` from src/log.ts and scripts/pages/log-lines.ts. Do not edit by hand. -->

Each line is a JSON object on standard output, with \`time\` (ISO 8601), \`level\` (20 debug, 30 info, 40 warn, 50 error) and \`msg\`.
These are all that there are. A line has the fields below, as far as there is something to say; one about a failure, \`request\` too, may
have \`problem\`, \`retcode\` and \`cause\`, \`stack\` for a mistake of the service's own, \`traceId\` where [traces](traces.md) are on, and \`kid\` and \`iss\` of a token that was refused. There
are no others: none ever holds a Guid, a password, a token, a cookie, a path or a body.

Lines marked 📝 are the audit trail, written at every \`LOG_LEVEL\`. \`LOG_LEVEL=info\` leaves out what is \`debug\`: probes and scrapes that
went well, and polls.

${table(["Line", "Level", "Fields", "What it tells", "What to do"], written())}

What keeps the service from starting is no line: it stands on standard error in plain words, and the
[exit code](operations.md#exit-codes) says what kind it is.
`;
}
