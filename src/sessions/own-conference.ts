import {
  type AgentId,
  type ConferenceEvent,
  type ConferenceId,
  conferenceEvent,
  type GatewayEvent,
} from "../gateway/index.ts";

/** `over`: left, ended, refused, declined, or rung in vain. */
export const ownConferenceStates = ["requested", "invited", "joined", "over"] as const;

/**
 * What is known of the one conference that an agent can be in. Control calls are answered before anything has happened,
 * and the poll that brings the outcome may run on another instance: so this is kept with the agent session. Whether the
 * agent chairs it is not: the gateway is asked for that.
 */
export interface OwnConference {
  readonly state: (typeof ownConferenceStates)[number];
  /** `null` while it is requested, and when it is over. */
  readonly id: ConferenceId | null;
  /** Which conference the applicant has joined while the platform has not said yet that it is granted. */
  readonly joining: ConferenceId | null;
  /** The last ones that the agent was taken out of: what members hear of them afterwards is old. */
  readonly left: readonly ConferenceId[];
  /** Of the agent session, when this came to be. */
  readonly epoch: number;
  /** When this came to be, in epoch milliseconds. */
  readonly since: number;
  /** The application may never have reached the gateway: it counts for a while only. */
  readonly unsure: boolean;
  /** How often an event has changed this. */
  readonly turn: number;
  /** What became of the last application of which an event told, and at which turn. */
  readonly decision: { readonly turn: number; readonly granted: boolean; readonly cause: number | null } | null;
}

/** What of the gateway's events moves an agent's own conference: the family's, and that its phone has fallen silent. */
export type OwnConferenceEvent = ConferenceEvent | { readonly type: "phone-released" };

/** Whom an event reached, and when: in epoch milliseconds, and by the epoch of the agent session. */
interface Receipt {
  readonly agentId: AgentId;
  readonly epoch: number;
  readonly at: number;
}

export const noConference: OwnConference = Object.freeze({
  state: "over",
  id: null,
  joining: null,
  left: [],
  epoch: 0,
  since: 0,
  unsure: false,
  turn: 0,
  decision: null,
});

/** News of a conference comes to its members within seconds after they left, if at all. */
const MOST_LEFT = 8;

/** `null` for an event that says nothing of it. */
export function ownConferenceEvent(event: GatewayEvent): OwnConferenceEvent | null {
  return event.type === "AgentOther_PhoneRelease" ? { type: "phone-released" } : conferenceEvent(event);
}

/**
 * What is known after an event. Three kinds are told apart: what says that the agent is in, called or out is believed
 * whatever was known; what only a member hears says that it is in, unless more is known; the rest says nothing.
 *
 * @returns `own` itself where nothing changes
 */
export function afterEvent(own: OwnConference, event: OwnConferenceEvent, receipt: Receipt): OwnConference {
  const moved = movedBy(own, event, receipt.agentId);
  if (moved === null) return own;
  const { state = own.state, id = own.id } = moved;
  const began = state === own.state && id === own.id ? {} : { epoch: receipt.epoch, since: receipt.at, unsure: false };
  return { ...own, ...moved, ...began, turn: own.turn + 1 };
}

type Move = Partial<Pick<OwnConference, "state" | "id" | "joining" | "left" | "decision">>;

function movedBy(own: OwnConference, event: OwnConferenceEvent, agentId: AgentId): Move | null {
  switch (event.type) {
    case "conference-applied":
      return isIn(own, event.id) && own.decision?.granted
        ? null
        : { ...into(own, event.id), ...decided(own, true, null) };
    case "conference-refused":
      return refused(own, event.cause);
    case "conference-joined":
      return joined(own, event.id);
    case "conference-ringing":
      return own.state === "invited" && own.id === event.id ? null : { ...into(own, event.id), state: "invited" };
    case "conference-left":
      return out(own, event.id);
    case "chair-received":
    case "conference-reminder":
      return heardAsMember(own, event.id);
    case "participant-changed":
      return participantChanged(own, event, agentId);
    case "phone-released":
      return own.state === "invited" ? outOf(own, own.id) : null;
    case "announcement-ended":
    case "participant-announcement-ended":
      return null;
  }
}

const over = { state: "over", id: null, joining: null } as const;

const without = (own: OwnConference, id: ConferenceId | null) => own.left.filter((one) => one !== id);

const into = (own: OwnConference, id: ConferenceId): Move => ({
  state: "joined",
  id,
  joining: null,
  left: without(own, id),
});

const remembered = (own: OwnConference, id: ConferenceId | null): readonly ConferenceId[] =>
  id === null ? own.left : [...without(own, id), id].slice(-MOST_LEFT);

const outOf = (own: OwnConference, id: ConferenceId | null): Move => ({ ...over, left: remembered(own, id) });

const isIn = (own: OwnConference, id: ConferenceId): boolean => own.state === "joined" && own.id === id;

const decided = (own: OwnConference, granted: boolean, cause: number | null): Move => ({
  decision: { turn: own.turn + 1, granted, cause },
});

/** An application that fails while the agent is in a conference, or called into one, says nothing of that one. */
function refused(own: OwnConference, cause: number | null): Move {
  const ended = own.state === "requested" ? outOf(own, own.joining) : {};
  return { ...ended, ...decided(own, false, cause) };
}

/** An applicant joins first; whether its conference is granted it is told by the next event. */
function joined(own: OwnConference, id: ConferenceId): Move | null {
  if (own.state === "requested") return own.joining === id ? null : { joining: id };
  return isIn(own, id) ? null : into(own, id);
}

function out(own: OwnConference, id: ConferenceId): Move | null {
  if (own.state === "requested") {
    const joining = own.joining === id ? null : own.joining;
    return joining === own.joining && own.left.includes(id) ? null : { joining, left: remembered(own, id) };
  }
  if (own.id === id) return outOf(own, id);
  return own.left.includes(id) ? null : { left: remembered(own, id) };
}

/** Fills what is not known, as when the event that told of joining was lost with a process that was killed. */
function heardAsMember(own: OwnConference, id: ConferenceId): Move | null {
  if (own.state === "joined" || own.state === "invited" || own.left.includes(id)) return null;
  return into(own, id);
}

type ParticipantChanged = Extract<ConferenceEvent, { readonly type: "participant-changed" }>;

function participantChanged(own: OwnConference, event: ParticipantChanged, agentId: AgentId): Move | null {
  const { id, kind, address, change, done, reason } = event;
  const isSelf = kind === "agent" && address === agentId;
  if (isSelf && change === "left" && done) return out(own, id);
  if (isSelf && change === "joined") {
    if (done) return joined(own, id);
    return own.state === "invited" && own.id === id ? outOf(own, id) : null;
  }
  // Of a conference that is over its members hear once more before they are told that they are out.
  return reason === "conference-over" ? null : heardAsMember(own, id);
}
