import { LEAVE_REASONS, type LeaveReason } from "../conferences/conference.ts";
import { FAULT_SPEC } from "../faults/fault.ts";
import {
  anything,
  type Field,
  flag,
  number,
  oneOf,
  optional,
  readStrictly,
  record,
  text,
  type ValueOf,
  whole,
} from "../fields.ts";
import type { Control } from "./control.ts";
import {
  ACCOUNT,
  CONFERENCE,
  CONFERENCE_CHANGE,
  INVITATION,
  PARTICIPANT,
  PARTICIPANT_CHANGE,
  PHONE,
} from "./schemas.ts";

/** One thing that the control interface does. `:x` in its path stands for any text. */
export interface Command {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly help: string;
  /** Throws a `TypeError` for what is wrong with body or query, a `RangeError` for what is not there. */
  run(control: Control, ids: readonly string[], body: unknown, query: URLSearchParams): unknown;
}

const NOTHING = record({});
const FOR_MS = optional(number(1));

interface Takes<Body, Query> {
  readonly body?: Field<Body>;
  readonly query?: Field<Query>;
}

function command<Body = ValueOf<typeof NOTHING>, Query = ValueOf<typeof NOTHING>>(
  method: Command["method"],
  path: string,
  help: string,
  act: (control: Control, ids: readonly [string, string], body: Body, query: Query) => unknown,
  takes: Takes<Body, Query> = {},
): Command {
  const { body = NOTHING as Field<Body>, query = NOTHING as Field<Query> } = takes;
  return {
    method,
    path,
    help,
    run: (control, [first = "", second = ""], given, asked) =>
      act(control, [first, second], readStrictly(body, given), readStrictly(query, Object.fromEntries(asked))),
  };
}

/** What `--help` and `GET /simulator` list. */
export const COMMANDS: readonly Command[] = [
  command("GET", "/state", "calls per interface, rotations, sign-ins, held polls, faults", (c) => c.state()),
  command("GET", "/violations", "what clients did wrong: counts and the last 100", (c) => c.violations()),
  command("DELETE", "/violations", "sets violations and counters to zero", (c) => c.clearCounters()),
  command("GET", "/settings", "every setting", (c) => c.settings()),
  command("PATCH", "/settings", "changes some: {latencyMs: 50}", (c, _, body) => c.configure(body as object), {
    body: anything,
  }),
  command(
    "GET",
    "/agents",
    "agents and their Guids (?signedIn=true&limit=100)",
    (c, _, __, { signedIn, limit }) => c.agents({ signedIn: signedIn === "true", limit: Number(limit ?? 100) }),
    { query: record({ signedIn: optional(oneOf(["true", "false"])), limit: optional(text()) }) },
  ),
  command("GET", "/agents/:id", "one agent", (c, [id]) => c.agent(id)),
  command(
    "PUT",
    "/agents/:id",
    "adds or changes an account: {password, vdnId, inspector, locked, talking, agentState, applications, ringing, …}",
    (c, [id], body) => c.putAgent(id, body),
    { body: ACCOUNT },
  ),
  command(
    "POST",
    "/agents/:id/sign-in",
    "signs it in as another client would: {status?: 3 busy | 4 idle | 5 after-call work}",
    (c, [id], { status }) => c.signIn(id, status),
    { body: record({ status: optional(whole(3, 5)) }) },
  ),
  command("POST", "/agents/:id/rotate", "a new Guid now", (c, [id]) => c.rotate(id)),
  command("POST", "/agents/:id/kick", "the platform signs it out", (c, [id]) => c.kick(id)),
  command("POST", "/agents/:id/invalidate", "its Guid gets 000-003 from now on", (c, [id]) => c.invalidate(id)),
  command(
    "POST",
    "/agents/:id/events",
    "an event: {eventType, content, stamped?: true adds the loginTime of its sign-in}",
    (c, [id], { eventType, content, stamped }) => c.sendEvent(id, eventType, content ?? null, stamped),
    { body: record({ eventType: text(), content: optional(anything), stamped: optional(flag) }) },
  ),
  command(
    "POST",
    "/agents/:id/ring",
    "somebody calls it: {number}; answers {callId}",
    (c, [id], { number: caller }) => ({ callId: c.ring(id, caller) }),
    { body: record({ number: text(1, 24) }) },
  ),
  command("POST", "/agents/:id/hang-up", "it hangs up: out of its conference, or its calls", (c, [id]) => c.hangUp(id)),
  command("GET", "/phones", "phones that do not do the usual", (c) => c.phones()),
  command(
    "PUT",
    "/phones/:number",
    "what a phone outside does when it is called: {does: answers | declines | rings, afterMs}",
    (c, [at], body) => c.putPhone(at, body),
    { body: PHONE },
  ),
  command("POST", "/rotate", "a new Guid for everybody", (c) => c.rotate()),
  command(
    "GET",
    "/conferences",
    "conferences (?vdnId=1)",
    (c, _, __, { vdnId }) => c.conferences(vdnId === undefined ? undefined : Number(vdnId)),
    { query: record({ vdnId: optional(text()) }) },
  ),
  command(
    "POST",
    "/conferences",
    "starts one: {id?, vdnId?, bookedMinutes?, seats?, participants?: [{address, kind?, …}]}",
    (c, _, body) => c.startConference(body),
    { body: CONFERENCE },
  ),
  command("DELETE", "/conferences", "removes all, silently", (c) => c.clearConferences()),
  command("GET", "/conferences/:id", "one conference", (c, [id]) => c.conference(idOf(id))),
  command(
    "PATCH",
    "/conferences/:id",
    "{state: 0 | 1, bookedMinutes, seats}",
    (c, [id], body) => c.changeConference(idOf(id), body),
    { body: CONFERENCE_CHANGE },
  ),
  command("DELETE", "/conferences/:id", "ends it", (c, [id]) => c.endConference(idOf(id))),
  command(
    "POST",
    "/conferences/:id/participants",
    "{address, kind?: agent | phone, chair?, audio?: 1-4, state?: 0-2}",
    (c, [id], body) => c.join(idOf(id), body),
    { body: PARTICIPANT },
  ),
  command(
    "PATCH",
    "/conferences/:id/participants/:address",
    "{audio?, state?, chair?: true}",
    (c, [id, address], body) => c.changeParticipant(idOf(id), address, body),
    { body: PARTICIPANT_CHANGE },
  ),
  command(
    "DELETE",
    "/conferences/:id/participants/:address",
    "leaves (?reason=left | removed | hung-up | signed-out | other)",
    (c, [id, address], _, { reason }) => c.leave(idOf(id), address, reason),
    { query: record({ reason: optional(oneOf(Object.keys(LEAVE_REASONS) as LeaveReason[])) }) },
  ),
  command(
    "POST",
    "/conferences/:id/invitations",
    "calls somebody into it: {address, kind?: agent | phone}",
    (c, [id], body) => c.invite(idOf(id), body),
    { body: INVITATION },
  ),
  command("GET", "/faults", "the rules, and how often each was played", (c) => c.faults()),
  command(
    "POST",
    "/faults",
    "adds a rule: {kind, on, agentId?, address?, times?, after?, forMs?, …}",
    (c, _, spec) => {
      const { id, played } = c.addFault(spec);
      return { id, spec, played };
    },
    { body: FAULT_SPEC },
  ),
  command("DELETE", "/faults", "clears all", (c) => ({ cleared: c.clearFaults() })),
  command("DELETE", "/faults/:id", "clears one", (c, [id]) => ({ cleared: c.clearFaults(id) })),
  command(
    "POST",
    "/down",
    "cuts every connection and refuses new ones: {forMs}",
    // The answer to the command may go the way that is cut: it gets a moment.
    (c, _, { forMs }) => void setTimeout(() => void c.down(forMs), 20),
    { body: record({ forMs: number(1) }) },
  ),
  command("POST", "/up", "back before that time, by a control port of its own", (c) => c.up()),
  command(
    "POST",
    "/cut-off",
    "resets the connections of one client's address, and its new ones: {address, forMs?}",
    (c, _, { address, forMs }) => void setTimeout(() => c.cutOff(address, forMs), 20),
    { body: record({ address: text(), forMs: FOR_MS }) },
  ),
  command("DELETE", "/cut-off", "everybody reaches it again", (c) => c.letIn()),
  command("POST", "/reset", "everything as it was at the start", (c) => c.reset()),
];

function idOf(id: string): bigint {
  if (!/^\d{1,19}$/.test(id)) throw new RangeError(`no conference ${id}`);
  return BigInt(id);
}
