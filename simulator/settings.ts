/**
 * Everything about the gateway that differs between sites or editions, or that a test wants shorter: one table, from
 * which come the defaults, the command line's options, `--help`, and the check of what the control interface is sent.
 */
export interface Settings {
  /** AUTHMODE: 1 is `static` (one Guid from sign-in to sign-out), 2 is `dynamic` (rotated on event polls). */
  authMode: "static" | "dynamic";
  timeScale: number;
  pollHoldMs: number;
  guidIntervalMs: number;
  guidOverlapMs: number;
  sessionTimeoutMs: number;
  hastyPollMs: number;
  latencyMs: number;
  nodes: number;
  cookies: boolean;
  secureCookies: boolean;
  requireCookies: boolean;
  renewCookies: boolean;
  iscensor: boolean;
  agentStatusShape: "object" | "array";
  signedOutStatus: "100-006" | "state";
  forcedOutEvent: "none" | "to-the-old" | "to-the-new";
  conferenceMinuteMs: number;
  applicationMs: number;
  answerMs: number;
  changeMs: number;
  phoneAnswerMs: number;
  ringingMs: number;
  announcementMs: number;
  refusedApplications: "at-once" | "after-join";
  failedInvitations: "told" | "silent";
  unnamedRefusal: "000-002" | "cti";
  stoppedVoiceTold: boolean;
  allRemoved: "empty-list" | "empty-object";
  chairGone: "ends" | "lives-on";
  mostProlongMinutes: number;
  strictHeaders: boolean;
  nonInspectorRetcode: string;
  lockAfter: number;
  maxAgentId: number;
  successMessage: "documented" | "empty" | "success";
  numericRetcode: boolean;
  failureResult: "missing" | "empty-text" | "null" | "object";
  noConferences: "empty-list" | "no-ids" | "null-ids" | "empty-text-ids" | "no-result" | "null-result" | "empty-text";
  confIdsAs: "number" | "text";
  confInfosShape: "object" | "array";
  eventGenTime: boolean;
  unknownFields: boolean;
}

interface Knob {
  readonly kind: "ms" | "count" | "factor" | "flag" | "text";
  readonly standard: number | boolean | string;
  readonly help: string;
  readonly choices?: readonly string[];
}

const ms = (standard: number, help: string): Knob => ({ kind: "ms", standard, help });
const count = (standard: number, help: string): Knob => ({ kind: "count", standard, help });
const flag = (standard: boolean, help: string): Knob => ({ kind: "flag", standard, help });
const choice = (choices: readonly string[], help: string): Knob => ({
  kind: "text",
  standard: choices[0] ?? "",
  help,
  choices,
});

export const KNOBS: { readonly [Name in keyof Settings]: Knob } = {
  authMode: choice(["dynamic", "static"], "AUTHMODE 2 rotates the Guid on event polls, AUTHMODE 1 never does"),
  timeScale: { kind: "factor", standard: 1, help: "every duration of the gateway is divided by this" },
  pollHoldMs: ms(10_000, "how long an event poll without an event is held"),
  guidIntervalMs: ms(60_000, "age at which a Guid is replaced, by the first event poll answered after it"),
  guidOverlapMs: ms(60_000, "how long the replaced Guid is still accepted; 0: not at all"),
  sessionTimeoutMs: ms(120_000, "an agent is signed out this long after its last answered event poll"),
  hastyPollMs: ms(200, "a poll sooner than this after the previous answer is counted as hasty"),
  latencyMs: ms(0, "added to every call, not scaled"),
  nodes: count(2, "gateway nodes: Guids end in .AgentGateway0, .AgentGateway1, …"),
  cookies: flag(true, "set cookies at sign-in"),
  secureCookies: flag(true, "mark them Secure, over plain http too, as old sites do"),
  requireCookies: flag(false, "later calls without them get 000-003"),
  renewCookies: flag(false, "a rotation sets a new value of one of them"),
  iscensor: flag(true, "the interface is there; without it 404 with an HTML page"),
  agentStatusShape: choice(["object", "array"], "result of agentstatus: the state itself, or a list with it"),
  signedOutStatus: choice(
    ["100-006", "state"],
    "what agentstatus answers about an agent who is out; state: agentState 2",
  ),
  forcedOutEvent: choice(
    ["none", "to-the-old", "to-the-new"],
    "a forced sign-in's AgentOther_ShutdownService about the former one: on the former one's poll, or in the new one's queue",
  ),
  conferenceMinuteMs: ms(60_000, "a minute of a conference that was applied for"),
  applicationMs: ms(200, "from an application for a conference to the event that tells what became of it"),
  answerMs: ms(50, "from an agent's answer to an invitation until it is in"),
  changeMs: ms(20, "until a hold, a mute, a new chair or a rest takes effect and is told"),
  phoneAnswerMs: ms(1500, "how long a called phone rings before it is answered"),
  ringingMs: ms(60_000, "how long an invitation or a call rings at most"),
  announcementMs: ms(3000, "how long an announcement plays"),
  refusedApplications: choice(["at-once", "after-join"], "whether a refused application has joined the agent before"),
  failedInvitations: choice(["told", "silent"], "whether members hear of an invitation that came to nothing"),
  unnamedRefusal: choice(
    ["000-002", "cti"],
    "how a refusal comes that has no code of its own; cti: 100-007, Unknown ERROR._n",
  ),
  stoppedVoiceTold: flag(false, "an announcement that was stopped is told as ended, too"),
  allRemoved: choice(["empty-list", "empty-object"], "result of batchremoveparticipant when all of them were members"),
  chairGone: choice(["ends", "lives-on"], "what a conference does whose chair hangs up or is signed out"),
  mostProlongMinutes: count(0, "more than this prolongtime does not grant at once; 0: up to 1440 in all"),
  strictHeaders: flag(false, "calls without Content-Type application/json get 415 with an HTML page"),
  nonInspectorRetcode: { kind: "text", standard: "101-004", help: "what queryvdnconfid answers to a non-inspector" },
  lockAfter: count(0, "wrong passwords in a row that lock an account; 0: never"),
  maxAgentId: count(999_999, "highest agent id; older editions have 59999"),
  successMessage: choice(["documented", "empty", "success"], "the message of a success"),
  numericRetcode: flag(false, "a success has the number 0 as retcode"),
  failureResult: choice(["missing", "empty-text", "null", "object"], "what a failure has as result"),
  noConferences: choice(
    ["empty-list", "no-ids", "null-ids", "empty-text-ids", "no-result", "null-result", "empty-text"],
    "how queryvdnconfid says that there is no conference",
  ),
  confIdsAs: choice(["number", "text"], "how queryvdnconfid and queryconfinfos write conference ids"),
  confInfosShape: choice(["object", "array"], "result of queryconfinfos: {confs:[…]} or the list itself"),
  eventGenTime: flag(false, "events carry eventGenTime, as in the newest edition"),
  unknownFields: flag(false, "answers carry fields that no page mentions"),
};

export const KNOB_NAMES = Object.keys(KNOBS) as (keyof Settings)[];

export function standardSettings(): Settings {
  return Object.fromEntries(KNOB_NAMES.map((name) => [name, KNOBS[name].standard])) as unknown as Settings;
}

/** A duration that the gateway measures, in real milliseconds. */
export function scaled(settings: Settings, name: Exclude<Extract<keyof Settings, `${string}Ms`>, "latencyMs">): number {
  return settings[name] / settings.timeScale;
}

/** Checks values by name, texts allowed for numbers and flags. Throws a `TypeError` that lists every mistake. */
export function readSettings(values: Readonly<Record<string, unknown>>): Partial<Settings> {
  const mistakes: string[] = [];
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const knob = Object.hasOwn(KNOBS, name) ? KNOBS[name as keyof Settings] : undefined;
    if (knob === undefined) {
      mistakes.push(`${name}: no such setting`);
      continue;
    }
    const parsed = readValue(knob, value);
    if (parsed === undefined) mistakes.push(`${name}: ${wanted(knob)}`);
    else read[name] = parsed;
  }
  if (mistakes.length > 0) throw new TypeError(mistakes.join("; "));
  return read as Partial<Settings>;
}

function readValue(knob: Knob, value: unknown): unknown {
  if (knob.kind === "flag") {
    if (value === true || value === "true" || value === "on") return true;
    return value === false || value === "false" || value === "off" ? false : undefined;
  }
  if (knob.kind === "text") {
    return typeof value === "string" && (knob.choices?.includes(value) ?? value !== "") ? value : undefined;
  }
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number) || number < 0) return undefined;
  if (knob.kind === "factor") return number > 0 ? number : undefined;
  return knob.kind === "ms" || Number.isInteger(number) ? number : undefined;
}

export function wanted(knob: Knob): string {
  if (knob.choices !== undefined) return knob.choices.join(" | ");
  if (knob.kind === "flag") return "true | false";
  if (knob.kind === "factor") return "a number above 0";
  if (knob.kind === "ms") return "milliseconds";
  return knob.kind === "count" ? "a whole number" : "text";
}
