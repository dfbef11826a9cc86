/* Made by `npm run docs` from the OpenAPI document. Do not edit by hand. */

export interface AgentPage {
  agents: ListedAgent[];
  /** What to ask for as `after`; null: this is the last page */
  next: string | null;
}

export interface Announcement {
  /** A voice file of the platform, by its path there */
  file: string;
  /** Played behind what is spoken */
  background?: boolean;
}

export interface AnnouncementEnded {
  /** When this service received it. ISO 8601, UTC */
  at: string;
  /** `false`: it could not be played */
  done: boolean;
}

export interface Binding {
  /** The agent's number, 101 to 999999 */
  agentId: string;
  /** The agent's Guid, node suffix included; also as `Set-GUID` has it, `JSESSIONID=…` */
  guid: string;
  /** Left out: any subject of the issuer may use the session */
  subject?: string;
  /** The gateway's cookies, `name=value; name=value`. Left out: those of the same sign-in stay */
  cookie?: string;
  /** Who keeps the agent signed in. `managed`: this service polls the agent's events, which keeps it signed in, and signs it out with its last session; `external`: the app that signed the agent in polls it and signs it out; this service does neither */
  keepAlive?: "managed" | "external";
}

export interface Conference {
  /** The gateway's 64-bit id as text */
  id: string;
  /** `normal`: people talk; `announcement`: a voice file is played to everybody */
  state: "normal" | "announcement";
  /** When it began. ISO 8601, UTC */
  startedAt: string;
  /** How long it was booked for; it goes on past that */
  bookedMinutes: number;
  /** How long it has lasted, by the gateway */
  elapsedMinutes: number;
  participants: Participant[];
}

export interface ConferenceApplication {
  /** For how many participants */
  seats: number;
  /** How long it is to last; the platform takes 60 */
  minutes?: number;
  /** How long before the end the chair is reminded; the platform takes 3 */
  remindMinutes?: number;
  /** What those who are called see; the platform's own without it */
  callerNumber?: string;
  /** Played when somebody joins or leaves; nothing without it */
  announcement?: string;
}

/** Exactly one of them */
export interface ConferenceChange {
  /** How much longer it is to last */
  addMinutes?: number;
  /** 2 to 118; negative: fewer */
  addSeats?: number | number;
  /** The agent who is to chair it: in it by now */
  chair?: string;
}

export type ConferenceChanged = {
  /** What was really added */
  addedMinutes: number;
} | {
  /** How many seats were really added; negative: taken away */
  addedSeats: number;
} | {
  /** The agent's number */
  chair: string;
};

export interface ConferenceInvitation {
  /** Whom to call */
  participants: {
    /** `agent`: an agent of the contact centre */
    kind: "agent";
    /** The agent's number, 101 to 999999 */
    address: string;
  } | {
    /** `phone`: somebody at a phone */
    kind: "phone";
    /** The agent's number or the phone number */
    address: string;
  }[];
  /** What those who are called see; the platform's own without it */
  callerNumber?: string;
}

export interface ConferenceList {
  /** In the gateway's order; the ids alone unless details were asked for */
  conferences: (Conference | {
    /** The gateway's 64-bit id as text */
    id: string;
  })[];
}

export interface ConferenceMoment {
  /** When this service received it. ISO 8601, UTC */
  at: string;
  /** The gateway's 64-bit id as text */
  id: string;
}

export interface ConferenceStreamAlive {
  /** When it was sent. ISO 8601, UTC */
  at: string;
  /** When the gateway last confirmed the list. ISO 8601, UTC; null before it has */
  asOf: string | null;
  /** How often the gateway is asked, in ms */
  intervalMs: number;
}

/** One event of the stream, parsed. */
export type ConferencesEvent = {
  /** `conferences`: the name in the line `event:` */
  event: "conferences";
  data: ConferenceList;
  /** For `Last-Event-ID` */
  id?: string;
} | {
  /** `alive`: the name in the line `event:` */
  event: "alive";
  data: ConferenceStreamAlive;
} | {
  /** `problem`: the name in the line `event:` */
  event: "problem";
  data: Problem;
} | {
  /** `session-ended`: the name in the line `event:` */
  event: "session-ended";
  data: SessionEnded;
} | {
  /** `token-expired`: the name in the line `event:` */
  event: "token-expired";
  data: StreamEnd;
} | {
  /** `replaced`: the name in the line `event:` */
  event: "replaced";
  data: StreamEnd;
} | {
  /** `instance-ending`: the name in the line `event:` */
  event: "instance-ending";
  data: StreamEnd;
};

export interface GatewayEvent {
  /** The gateway's name for it */
  type: string;
  /** When this service received it. ISO 8601, UTC */
  at: string;
  /** As the gateway gave it; integers past 2^53 as text */
  content: unknown;
}

export interface Health {
  /** `ok`: it is */
  status: "ok";
}

/** `state` is there of those who are in by now. Of the others the events tell: `participant-changed`, or nothing */
export interface Invited {
  /** Each of those who are called */
  participants: {
    /** `agent`: an agent of the contact centre; `phone`: somebody at a phone */
    kind: "agent" | "phone";
    /** The agent's number or the phone number */
    address: string;
    /** `connected`: takes part; `held`: is on hold, and hears music instead of the conference; `announcement`: a voice file is played to this one alone */
    state?: "connected" | "held" | "announcement";
  }[];
}

export interface JoinedConference {
  /** The gateway's 64-bit id as text */
  id: string;
  /** `normal`: people talk; `announcement`: a voice file is played to everybody */
  state: "normal" | "announcement";
  /** When it began. ISO 8601, UTC */
  startedAt: string;
  /** How long it was booked for; it goes on past that */
  bookedMinutes: number;
  /** How long it has lasted, by the gateway */
  elapsedMinutes: number;
  participants: Participant[];
  /** What the agent itself is in it */
  own: {
    /** `chair`: leads the conference: invites, mutes, holds, ends it; `participant`: takes part in it */
    role: "chair" | "participant";
    /** `joined`: in it */
    state: "joined";
  };
}

export interface ListedAgent {
  /** The agent's number */
  agentId: string;
  /** Who keeps the agent signed in. `managed`: this service polls the agent's events, which keeps it signed in, and signs it out with its last session; `external`: the app that signed the agent in polls it and signs it out; this service does neither */
  keepAlive: "managed" | "external";
  /** How the agent's session at the gateway is. `active`: the gateway answers; `unreachable`: the event polls fail for a while; nothing is lost yet; `expired`: the gateway refused the Guid of an external agent: its app has to bind a new one */
  state: "active" | "unreachable" | "expired";
  /** When the gateway last answered an event poll of it, ISO 8601, UTC, of another instance's agents up to a third of a lease old; null: not yet, or it is never polled */
  lastPollAt: string | null;
  /** The instance that polls it; null: none does */
  heldBy: string | null;
  /** How many app sessions it has */
  sessions: number;
}

export interface ListedSession {
  /** The session claim of the user's token */
  sessionId: string;
  /** Whose token names it. `app`: the issuer of the apps' tokens; `own`: this service, which issued the token itself */
  issuer: "app" | "own";
  /** The token's `sub`; null: any of the issuer's may use it */
  subject: string | null;
  /** The agent's number */
  agentId: string;
  /** Who keeps the agent signed in. `managed`: this service polls the agent's events, which keeps it signed in, and signs it out with its last session; `external`: the app that signed the agent in polls it and signs it out; this service does neither */
  keepAlive: "managed" | "external";
  /** How the agent's session at the gateway is. `active`: the gateway answers; `unreachable`: the event polls fail for a while; nothing is lost yet; `expired`: the gateway refused the Guid of an external agent: its app has to bind a new one */
  state: "active" | "unreachable" | "expired";
  /** When it was bound. ISO 8601, UTC */
  createdAt: string;
  /** When the session ends unless it is used until then: each use moves it on, up to its greatest age. A token's own `exp` is another matter: past it a fresh token of the same session goes on. ISO 8601, UTC */
  expiresAt: string;
}

export type OwnConference = JoinedConference | {
  /** The gateway's 64-bit id as text */
  id: string;
  /** What the agent itself is in it */
  own: {
    /** `invited`: called, and has not answered */
    state: "invited";
  };
} | {
  /** null: not known yet */
  id: null;
  /** What the agent itself is in it */
  own: {
    /** `requested`: applied for, and not told yet */
    state: "requested";
  };
};

export interface Participant {
  /** `agent`: an agent of the contact centre; `phone`: somebody at a phone; `unknown`: the gateway names a kind that this service does not know */
  kind: "agent" | "phone" | "unknown";
  /** The agent's number or the phone number */
  address: string;
  /** `chair`: leads the conference: invites, mutes, holds, ends it; `participant`: takes part in it */
  role: "chair" | "participant";
  /** What of the conversation reaches whom. `listen`: hears, and is not heard: muted; `speak`: is heard, and hears nothing; `both`: hears and is heard; `none`: neither hears nor is heard */
  audio: "listen" | "speak" | "both" | "none";
  /** `connected`: takes part; `held`: is on hold, and hears music instead of the conference; `announcement`: a voice file is played to this one alone */
  state: "connected" | "held" | "announcement";
  /** When it joined. ISO 8601, UTC */
  joinedAt: string;
}

export interface ParticipantAnnouncement {
  /** A voice file of the platform, by its path there */
  file: string;
  /** `false`: one alone hears it in front */
  background?: false;
}

/** Either `audio` or `held` */
export type ParticipantChange = {
  /** What of the conversation reaches whom. `listen`: hears, and is not heard: muted; `speak`: is heard, and hears nothing; `both`: hears and is heard; `none`: neither hears nor is heard */
  audio: "listen" | "speak" | "both" | "none";
} | {
  /** `true`: on hold */
  held: true;
  /** What is heard meanwhile; a file of the site's own choice without it */
  announcement?: string;
} | {
  /** `false`: back in the conference */
  held: false;
};

/** A failure, as in RFC 9457. Never holds a secret. */
export interface Problem {
  /** Leads to the explanation */
  type: string;
  /** What is wrong, the same for every problem of this code */
  title: string;
  /** The HTTP status */
  status: number;
  /** What is wrong in this case */
  detail: string;
  /** What to decide by. `token-missing`: A token is required; `token-invalid`: The token cannot be accepted; `token-expired`: The token has expired; `keys-unavailable`: The keys of the token's issuer are not at hand; `session-not-found`: No session is bound to this token; `session-expired`: The gateway no longer knows this session; `agent-not-signed-in`: The agent is not signed in; `wrong-credentials`: Wrong agent or password; `insufficient-scope`: The token lacks the scope; `csrf`: The request may come from another site; `not-an-inspector`: The agent is not an inspector; `not-the-chair`: The agent does not chair this conference; `account-locked`: The agent's account is locked; `password-expired`: The agent's password has expired; `invalid-request`: The request is not valid; `not-found`: Not found; `conference-not-found`: No such conference; `method-not-allowed`: Method not allowed; `unsupported-media-type`: Unsupported media type; `payload-too-large`: The body is too large; `agent-already-signed-in`: The agent is signed in already; `agent-not-forceable`: The agent is signed in and cannot be forced out; `sign-in-in-progress`: A sign-in of this agent is under way; `agent-busy`: The agent is busy; `guid-refused`: The gateway does not take this Guid; `not-in-a-conference`: The agent is in no conference; `already-in-a-conference`: The agent is in a conference already; `chair-cannot`: The chair cannot do this; `conference-refused`: The platform refused the conference; `operation-refused`: The gateway refused the operation; `rate-limited`: Too many requests; `gateway-error`: The gateway reported an error; `gateway-unreachable`: The gateway cannot be reached; `gateway-bad-response`: The gateway's answer makes no sense; `gateway-switching-over`: The gateway is switching over; `gateway-unavailable`: The gateway is not available; `session-store-unavailable`: The session store does not answer; `instance-ending`: This instance is ending; `gateway-timeout`: The gateway did not answer in time; `internal-error`: Internal error */
  code: "token-missing" | "token-invalid" | "token-expired" | "keys-unavailable" | "session-not-found" | "session-expired" | "agent-not-signed-in" | "wrong-credentials" | "insufficient-scope" | "csrf" | "not-an-inspector" | "not-the-chair" | "account-locked" | "password-expired" | "invalid-request" | "not-found" | "conference-not-found" | "method-not-allowed" | "unsupported-media-type" | "payload-too-large" | "agent-already-signed-in" | "agent-not-forceable" | "sign-in-in-progress" | "agent-busy" | "guid-refused" | "not-in-a-conference" | "already-in-a-conference" | "chair-cannot" | "conference-refused" | "operation-refused" | "rate-limited" | "gateway-error" | "gateway-unreachable" | "gateway-bad-response" | "gateway-switching-over" | "gateway-unavailable" | "session-store-unavailable" | "instance-ending" | "gateway-timeout" | "internal-error";
  /** For the operators: their log has more under it */
  requestId: string;
  /** The gateway's own code, where it gave one */
  retcode?: string;
  /** Of `/readyz`, which check fails. `store-read`: sessions cannot be read; `store-write`: sessions cannot be written; `keep-alive`: agents are not kept signed in; `keys`: no key of the apps' issuer could be fetched yet; `draining`: this instance is ending */
  check?: "store-read" | "store-write" | "keep-alive" | "keys" | "draining";
  /** Of a call that changes something and is sent once. `not-done`: nothing has been changed; `unknown`: it may have been carried out: look before it is repeated */
  outcome?: "not-done" | "unknown";
  /** The platform's own number for why it refused a conference */
  cause?: number;
  /** Each mistake of the request by its path, as in `agentId` or `query.expand` */
  errors?: {
    /** Where it is; empty where it is the whole */
    path: string;
    /** What is wrong; never holds the value */
    message: string;
  }[];
}

export interface ProblemList {
  problems: ProblemPage[];
}

export interface ProblemPage {
  /** What to decide by. `token-missing`: A token is required; `token-invalid`: The token cannot be accepted; `token-expired`: The token has expired; `keys-unavailable`: The keys of the token's issuer are not at hand; `session-not-found`: No session is bound to this token; `session-expired`: The gateway no longer knows this session; `agent-not-signed-in`: The agent is not signed in; `wrong-credentials`: Wrong agent or password; `insufficient-scope`: The token lacks the scope; `csrf`: The request may come from another site; `not-an-inspector`: The agent is not an inspector; `not-the-chair`: The agent does not chair this conference; `account-locked`: The agent's account is locked; `password-expired`: The agent's password has expired; `invalid-request`: The request is not valid; `not-found`: Not found; `conference-not-found`: No such conference; `method-not-allowed`: Method not allowed; `unsupported-media-type`: Unsupported media type; `payload-too-large`: The body is too large; `agent-already-signed-in`: The agent is signed in already; `agent-not-forceable`: The agent is signed in and cannot be forced out; `sign-in-in-progress`: A sign-in of this agent is under way; `agent-busy`: The agent is busy; `guid-refused`: The gateway does not take this Guid; `not-in-a-conference`: The agent is in no conference; `already-in-a-conference`: The agent is in a conference already; `chair-cannot`: The chair cannot do this; `conference-refused`: The platform refused the conference; `operation-refused`: The gateway refused the operation; `rate-limited`: Too many requests; `gateway-error`: The gateway reported an error; `gateway-unreachable`: The gateway cannot be reached; `gateway-bad-response`: The gateway's answer makes no sense; `gateway-switching-over`: The gateway is switching over; `gateway-unavailable`: The gateway is not available; `session-store-unavailable`: The session store does not answer; `instance-ending`: This instance is ending; `gateway-timeout`: The gateway did not answer in time; `internal-error`: Internal error */
  code: "token-missing" | "token-invalid" | "token-expired" | "keys-unavailable" | "session-not-found" | "session-expired" | "agent-not-signed-in" | "wrong-credentials" | "insufficient-scope" | "csrf" | "not-an-inspector" | "not-the-chair" | "account-locked" | "password-expired" | "invalid-request" | "not-found" | "conference-not-found" | "method-not-allowed" | "unsupported-media-type" | "payload-too-large" | "agent-already-signed-in" | "agent-not-forceable" | "sign-in-in-progress" | "agent-busy" | "guid-refused" | "not-in-a-conference" | "already-in-a-conference" | "chair-cannot" | "conference-refused" | "operation-refused" | "rate-limited" | "gateway-error" | "gateway-unreachable" | "gateway-bad-response" | "gateway-switching-over" | "gateway-unavailable" | "session-store-unavailable" | "instance-ending" | "gateway-timeout" | "internal-error";
  /** The HTTP status */
  status: number;
  /** What is wrong, in a few words */
  title: string;
  /** What it means and what to do */
  help: string;
  /** The gateway's codes that lead to it at this site */
  retcodes: string[];
}

export interface Session {
  /** The agent's number */
  agentId: string;
  /** The agent's VDN (virtual call centre); null until known */
  vdnId: string | null;
  /** Whether the agent may see the conferences of its VDN; null until the gateway has told */
  inspector: boolean | null;
  /** How the agent's session at the gateway is. `active`: the gateway answers; `unreachable`: the event polls fail for a while; nothing is lost yet; `expired`: the gateway refused the Guid of an external agent: its app has to bind a new one */
  state: "active" | "unreachable" | "expired";
  /** When the session ends unless it is used until then: each use moves it on, up to its greatest age. A token's own `exp` is another matter: past it a fresh token of the same session goes on. ISO 8601, UTC */
  expiresAt: string;
}

export interface SessionEnded {
  /** Why the session has ended. `signed-out`: its user signed out; `revoked`: a trusted backend revoked it; `idle`: it was not used for too long; `too-old`: it reached its greatest age; `replaced`: a trusted backend bound its name anew; `forced-out`: somebody else signed in as the agent by force; `session-expired`: the gateway no longer took its credential; `agent-not-signed-in`: the gateway signed the agent out */
  reason: "signed-out" | "revoked" | "idle" | "too-old" | "replaced" | "forced-out" | "session-expired" | "agent-not-signed-in";
}

export interface SessionEventsConferenceRefused {
  /** When this service received it. ISO 8601, UTC */
  at: string;
  /** The platform's own number, which no table explains */
  cause: number | null;
}

/** One event of the stream, parsed. */
export type SessionEventsEvent = {
  /** `state`: the name in the line `event:` */
  event: "state";
  data: SessionState;
} | {
  /** `conference-applied`: the name in the line `event:` */
  event: "conference-applied";
  data: ConferenceMoment;
} | {
  /** `conference-refused`: the name in the line `event:` */
  event: "conference-refused";
  data: SessionEventsConferenceRefused;
} | {
  /** `conference-joined`: the name in the line `event:` */
  event: "conference-joined";
  data: ConferenceMoment;
} | {
  /** `conference-reminder`: the name in the line `event:` */
  event: "conference-reminder";
  data: ConferenceMoment;
} | {
  /** `conference-ringing`: the name in the line `event:` */
  event: "conference-ringing";
  data: ConferenceMoment;
} | {
  /** `participant-changed`: the name in the line `event:` */
  event: "participant-changed";
  data: SessionEventsParticipantChanged;
} | {
  /** `conference-left`: the name in the line `event:` */
  event: "conference-left";
  data: ConferenceMoment;
} | {
  /** `chair-received`: the name in the line `event:` */
  event: "chair-received";
  data: ConferenceMoment;
} | {
  /** `announcement-ended`: the name in the line `event:` */
  event: "announcement-ended";
  data: AnnouncementEnded;
} | {
  /** `participant-announcement-ended`: the name in the line `event:` */
  event: "participant-announcement-ended";
  data: AnnouncementEnded;
} | {
  /** `gateway-event`: the name in the line `event:` */
  event: "gateway-event";
  data: GatewayEvent;
  /** For `Last-Event-ID` */
  id?: string;
} | {
  /** `alive`: the name in the line `event:` */
  event: "alive";
  data: SessionStreamAlive;
} | {
  /** `session-ended`: the name in the line `event:` */
  event: "session-ended";
  data: SessionEnded;
} | {
  /** `token-expired`: the name in the line `event:` */
  event: "token-expired";
  data: StreamEnd;
} | {
  /** `replaced`: the name in the line `event:` */
  event: "replaced";
  data: StreamEnd;
} | {
  /** `instance-ending`: the name in the line `event:` */
  event: "instance-ending";
  data: StreamEnd;
};

export interface SessionEventsParticipantChanged {
  /** When this service received it. ISO 8601, UTC */
  at: string;
  /** The gateway's 64-bit id as text */
  id: string;
  /** `agent`: an agent of the contact centre; `phone`: somebody at a phone; `unknown`: the gateway names a kind that this service does not know */
  kind: "agent" | "phone" | "unknown";
  /** The agent's number or the phone number */
  address: string;
  /** What has changed */
  change: ("joined" | "left" | "chair" | "muted" | "unmuted" | "held" | "unheld") | number;
  /** Of one who left: why */
  reason: (("left" | "removed" | "hung-up" | "conference-over" | "signed-out" | "forced-out") | number) | null;
  /** `false`: it was tried, and failed */
  done: boolean;
}

export interface SessionPage {
  sessions: ListedSession[];
  /** What to ask for as `after`; null: this is the last page */
  next: string | null;
}

export type SessionState = {
  /** How the agent's session at the gateway is. `active`: the gateway answers; `unreachable`: the event polls fail for a while; nothing is lost yet; `expired`: the gateway refused the Guid of an external agent: its app has to bind a new one */
  state: "active" | "unreachable" | "expired";
  /** Since when it is so. ISO 8601, UTC */
  since: string;
} | {
  /** `ended`: the session is over, and the stream with it */
  state: "ended";
  /** Why the session has ended. `signed-out`: its user signed out; `revoked`: a trusted backend revoked it; `idle`: it was not used for too long; `too-old`: it reached its greatest age; `replaced`: a trusted backend bound its name anew; `forced-out`: somebody else signed in as the agent by force; `session-expired`: the gateway no longer took its credential; `agent-not-signed-in`: the gateway signed the agent out */
  reason: "signed-out" | "revoked" | "idle" | "too-old" | "replaced" | "forced-out" | "session-expired" | "agent-not-signed-in";
};

export interface SessionStreamAlive {
  /** When it was sent. ISO 8601, UTC */
  at: string;
}

export interface SignIn {
  /** The agent's number, 101 to 999999 */
  agentId: string;
  /** The agent's, at the gateway; may be empty */
  password: string;
  /** The number at which the agent is called */
  phoneNumber: string;
  /** Sign out whoever is signed in as this agent */
  force?: boolean;
  /** In which state the agent is then. Left out: busy, unless the site has chosen otherwise. A session that is there, or joined, leaves the state as it is. `busy`: is given no call; an inspector stays out of the idle pool; `idle`: is given calls, and may apply for a conference; `after-call`: finishes the work after a call */
  agentState?: "busy" | "idle" | "after-call";
  /** How the session is handed out. `body`: as the `token` of the answer, where the request brings none of its own; `cookie`: as the `__Host-session` cookie of the answer, for a browser; `X-CSRF: 1` is needed then */
  delivery?: "body" | "cookie";
}

export interface SignedIn {
  /** The agent's number */
  agentId: string;
  /** The agent's VDN (virtual call centre); null until known */
  vdnId: string | null;
  /** Whether the agent may see the conferences of its VDN; null until the gateway has told */
  inspector: boolean | null;
  /** How the agent's session at the gateway is. `active`: the gateway answers; `unreachable`: the event polls fail for a while; nothing is lost yet; `expired`: the gateway refused the Guid of an external agent: its app has to bind a new one */
  state: "active" | "unreachable" | "expired";
  /** When the session ends unless it is used until then: each use moves it on, up to its greatest age. A token's own `exp` is another matter: past it a fresh token of the same session goes on. ISO 8601, UTC */
  expiresAt: string;
  /** Days until the agent's password expires; null when it does not, or was not asked for */
  passwordDaysLeft: number | null;
  /** A JWT for `Authorization: Bearer`; only from a service that issues tokens, delivered in the body */
  token?: string;
}

/** The event's name says it all. */
export type StreamEnd = Record<string, never>;

/** Events of `GET /conferences/stream`: what their data is, by their name. */
export interface ConferenceEventMap {
  /** The list, with details when asked for: at once, then at every change. Its `id` names this very list. */
  conferences: ConferenceList;
  /** The stream is alive: right after each list, then every 5 s at least. A list without it is an old one, whatever it says. */
  alive: ConferenceStreamAlive;
  /** The gateway fails. The stream stays open and goes on with `conferences` when the gateway answers again. */
  problem: Problem;
  /** The session has ended, and the stream with it: there is nothing to come back to. */
  "session-ended": SessionEnded;
  /** The token has reached its `exp`, and the stream ends: come back with a fresh one. */
  "token-expired": StreamEnd;
  /** The session has opened more than 32 streams, and this was its oldest. Its `retry` is ten minutes: do not come back by yourself, or the streams push each other out for ever. */
  replaced: StreamEnd;
  /** This instance of the service ends: come back after `retry`, another one answers. */
  "instance-ending": StreamEnd;
}

/** Events of `GET /session/events`: what their data is, by their name. */
export interface SessionEventMap {
  /** The session's own state: at once, then at every change. `unreachable`: the event polls fail since then, and nothing is lost yet. `expired`: the agent's app has to bind a new Guid. */
  state: SessionState;
  /** The application has succeeded: the agent is in, as the chair. */
  "conference-applied": ConferenceMoment;
  /** The application has failed. */
  "conference-refused": SessionEventsConferenceRefused;
  /** The agent has joined. Its own application may still be refused. */
  "conference-joined": ConferenceMoment;
  /** The conference's time is over soon. */
  "conference-reminder": ConferenceMoment;
  /** The agent is called into a conference: `POST /conference/answer` or `/reject`. */
  "conference-ringing": ConferenceMoment;
  /** Something about a participant of the conference that the agent is in. */
  "participant-changed": SessionEventsParticipantChanged;
  /** The agent is out of the conference. */
  "conference-left": ConferenceMoment;
  /** The agent chairs the conference from now on. */
  "chair-received": ConferenceMoment;
  /** The announcement to everybody has ended. */
  "announcement-ended": AnnouncementEnded;
  /** The announcement to one participant has ended. */
  "participant-announcement-ended": AnnouncementEnded;
  /** An event of the gateway, by its own name and with its own content. A client that comes back with the last `id` in `Last-Event-ID` gets what it missed, as far as it is kept. */
  "gateway-event": GatewayEvent;
  /** The stream is alive: at once, then every 5 s at least. */
  alive: SessionStreamAlive;
  /** The session has ended, and the stream with it: there is nothing to come back to. */
  "session-ended": SessionEnded;
  /** The token has reached its `exp`, and the stream ends: come back with a fresh one. */
  "token-expired": StreamEnd;
  /** The session has opened more than 32 streams, and this was its oldest. Its `retry` is ten minutes: do not come back by yourself, or the streams push each other out for ever. */
  replaced: StreamEnd;
  /** This instance of the service ends: come back after `retry`, another one answers. */
  "instance-ending": StreamEnd;
}
