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

export interface Binding {
  /** The agent's number, 101 to 999999 */
  agentId: string;
  /** The agent's Guid, node suffix included; also as `Set-GUID` has it, `JSESSIONID=…` */
  guid: string;
  /** Left out: any subject of the issuer may use the session */
  subject?: string;
  /** The gateway's cookies, `name=value; name=value` */
  cookie?: string;
  keepAlive?: "managed" | "external";
}

export interface Conference {
  /** The gateway's 64-bit id as text */
  id: string;
  state: "normal" | "announcement";
  /** ISO 8601, UTC */
  startedAt: string;
  bookedMinutes: number;
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
  addMinutes?: number;
  /** 2 to 118; negative: fewer */
  addSeats?: number;
  /** The agent who is to chair it: in it by now */
  chair?: string;
}

export type ConferenceChanged = {
  /** What was really added */
  addedMinutes: number;
} | {
  addedSeats: number;
} | {
  chair: string;
};

export interface ConferenceInvitation {
  participants: {
    kind: "agent" | "phone";
    /** The agent's number or the phone number */
    address: string;
  }[];
  /** What those who are called see; the platform's own without it */
  callerNumber?: string;
}

export interface ConferenceList {
  conferences: (Conference | {
    /** The gateway's 64-bit id as text */
    id: string;
  })[];
}

export interface Invited {
  participants: {
    kind: "agent" | "phone";
    address: string;
    /** Of one who is in by now. Of the others the events tell: `participant-changed`, or nothing */
    state?: "connected" | "held" | "announcement";
  }[];
}

export interface JoinedConference {
  /** The gateway's 64-bit id as text */
  id: string;
  state: "normal" | "announcement";
  /** ISO 8601, UTC */
  startedAt: string;
  bookedMinutes: number;
  elapsedMinutes: number;
  participants: Participant[];
  own: {
    role: "chair" | "participant";
    state: "joined";
  };
}

export interface ListedAgent {
  agentId: string;
  keepAlive: "managed" | "external";
  state: "active" | "unreachable" | "expired";
  /** When the gateway last answered an event poll of it, ISO 8601, UTC; null: not yet, it is never polled, or another instance polls it */
  lastPollAt: string | null;
  /** The instance that polls it; null: none does */
  heldBy: string | null;
  /** How many app sessions it has */
  sessions: number;
}

export interface ListedSession {
  sessionId: string;
  issuer: "app" | "own";
  subject: string | null;
  agentId: string;
  keepAlive: "managed" | "external";
  state: "active" | "unreachable" | "expired";
  /** ISO 8601, UTC */
  createdAt: string;
  /** ISO 8601, UTC */
  expiresAt: string;
}

export type OwnConference = JoinedConference | {
  /** The gateway's 64-bit id as text */
  id: string;
  own: {
    state: "invited";
  };
} | {
  id: null;
  own: {
    state: "requested";
  };
};

export interface Participant {
  kind: "agent" | "phone" | "unknown";
  /** The agent's number or the phone number */
  address: string;
  role: "chair" | "participant";
  audio: "listen" | "speak" | "both" | "none";
  state: "connected" | "held" | "announcement";
  /** ISO 8601, UTC */
  joinedAt: string;
}

export interface ParticipantAnnouncement {
  /** A voice file of the platform, by its path there */
  file: string;
  background?: false;
}

/** Either `audio` or `held` */
export interface ParticipantChange {
  audio?: "listen" | "speak" | "both" | "none";
  held?: boolean;
  /** With `held: true`: what is heard meanwhile; a file of the site's own choice without it */
  announcement?: string;
}

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
  /** What to decide by */
  code: "token-missing" | "token-invalid" | "token-expired" | "keys-unavailable" | "session-not-found" | "session-expired" | "agent-not-signed-in" | "wrong-credentials" | "insufficient-scope" | "csrf" | "not-an-inspector" | "not-the-chair" | "account-locked" | "password-expired" | "invalid-request" | "not-found" | "conference-not-found" | "method-not-allowed" | "unsupported-media-type" | "payload-too-large" | "agent-already-signed-in" | "agent-not-forceable" | "sign-in-in-progress" | "agent-busy" | "guid-refused" | "not-in-a-conference" | "already-in-a-conference" | "chair-cannot" | "conference-refused" | "operation-refused" | "rate-limited" | "gateway-error" | "gateway-unreachable" | "gateway-bad-response" | "gateway-switching-over" | "gateway-unavailable" | "session-store-unavailable" | "instance-ending" | "gateway-timeout" | "internal-error";
  /** For the operators: their log has more under it */
  requestId: string;
  /** The gateway's own code, where it gave one */
  retcode?: string;
  /** Of `/readyz`: which check fails */
  check?: string;
  /** Of a call that is sent once: `not-done`, or `unknown` where it may have been carried out */
  outcome?: "unknown" | "not-done";
  /** The platform's own number for why it refused a conference */
  cause?: number;
  /** Each mistake of the request by its path, as in `agentId` or `query.expand` */
  errors?: {
    path: string;
    message: string;
  }[];
}

export interface ProblemList {
  problems: ProblemPage[];
}

export interface ProblemPage {
  code: "token-missing" | "token-invalid" | "token-expired" | "keys-unavailable" | "session-not-found" | "session-expired" | "agent-not-signed-in" | "wrong-credentials" | "insufficient-scope" | "csrf" | "not-an-inspector" | "not-the-chair" | "account-locked" | "password-expired" | "invalid-request" | "not-found" | "conference-not-found" | "method-not-allowed" | "unsupported-media-type" | "payload-too-large" | "agent-already-signed-in" | "agent-not-forceable" | "sign-in-in-progress" | "agent-busy" | "guid-refused" | "not-in-a-conference" | "already-in-a-conference" | "chair-cannot" | "conference-refused" | "operation-refused" | "rate-limited" | "gateway-error" | "gateway-unreachable" | "gateway-bad-response" | "gateway-switching-over" | "gateway-unavailable" | "session-store-unavailable" | "instance-ending" | "gateway-timeout" | "internal-error";
  /** The HTTP status */
  status: number;
  title: string;
  /** What it means and what to do */
  help: string;
  /** The gateway's codes that lead to it at this site */
  retcodes: string[];
}

export interface Session {
  agentId: string;
  /** null until known */
  vdnId: string | null;
  /** null until known */
  inspector: boolean | null;
  state: "active" | "unreachable" | "expired";
  /** ISO 8601, UTC */
  expiresAt: string;
}

export interface SessionPage {
  sessions: ListedSession[];
  next: string | null;
}

export interface SignIn {
  /** The agent's number, 101 to 999999 */
  agentId: string;
  /** May be empty */
  password: string;
  phoneNumber: string;
  /** Sign out whoever is signed in as this agent */
  force?: boolean;
  /** In which state the agent is then. Left out: busy, unless the site has chosen otherwise. A session that is there, or joined, leaves the state as it is. A conference is applied for by an idle agent */
  agentState?: "busy" | "idle" | "after-call";
  /** `cookie`: the session is handed out as a cookie. `body`: as a token of this service, where the request brings none of its own */
  delivery?: "body" | "cookie";
}

export interface SignedIn {
  agentId: string;
  /** null until known */
  vdnId: string | null;
  /** null until known */
  inspector: boolean | null;
  state: "active" | "unreachable" | "expired";
  /** ISO 8601, UTC */
  expiresAt: string;
  /** null when it does not expire, or was not asked for */
  passwordDaysLeft: number | null;
  /** Only from a service that issues tokens, delivered in the body */
  token?: string;
}

/** Events of `GET /conferences/stream`: what their data is, by their name. */
export interface ConferenceEventMap {
  /** The list, with details when asked for: at once, then at every change. Its `id` names this very list. */
  conferences: ConferenceList;
  /** The stream is alive: right after each list, then every 5 s at least. A list without it is an old one, whatever it says. */
  alive: {
    /** When it was sent. ISO 8601, UTC */
    at: string;
    /** When the gateway last confirmed the list. ISO 8601, UTC; null before it has */
    asOf: string | null;
    /** How often the gateway is asked, in ms */
    intervalMs: number;
  };
  /** The gateway fails. The stream stays open and goes on with `conferences` when the gateway answers again. */
  problem: Problem;
  /** The session has ended, and the stream with it: there is nothing to come back to. */
  "session-ended": {
    /** `signed-out` (its user signed out), `revoked` (a trusted backend revoked it), `idle` (it was not used for too long), `too-old` (it reached its greatest age), `replaced` (a trusted backend bound its name anew), `forced-out` (somebody else signed in as the agent by force), `session-expired` (the gateway no longer took its credential), `agent-not-signed-in` (the gateway signed the agent out) */
    reason: "signed-out" | "revoked" | "idle" | "too-old" | "replaced" | "forced-out" | "session-expired" | "agent-not-signed-in";
  };
  /** The token has reached its `exp`, and the stream ends: come back with a fresh one. */
  "token-expired": Record<string, never>;
  /** The session has opened more than 32 streams, and this was its oldest. Its `retry` is ten minutes: do not come back by yourself, or the streams push each other out for ever. */
  replaced: Record<string, never>;
  /** This instance of the service ends: come back after `retry`, another one answers. */
  "instance-ending": Record<string, never>;
}

/** Events of `GET /session/events`: what their data is, by their name. */
export interface SessionEventMap {
  /** The session's own state: at once, then at every change. `unreachable`: the event polls fail since then, and nothing is lost yet. `expired`: the agent's app has to bind a new Guid. */
  state: {
    state: "active" | "unreachable" | "expired";
    /** ISO 8601, UTC */
    since: string;
  } | {
    state: "ended";
    /** `signed-out` (its user signed out), `revoked` (a trusted backend revoked it), `idle` (it was not used for too long), `too-old` (it reached its greatest age), `replaced` (a trusted backend bound its name anew), `forced-out` (somebody else signed in as the agent by force), `session-expired` (the gateway no longer took its credential), `agent-not-signed-in` (the gateway signed the agent out) */
    reason: "signed-out" | "revoked" | "idle" | "too-old" | "replaced" | "forced-out" | "session-expired" | "agent-not-signed-in";
  };
  /** The application has succeeded: the agent is in, as the chair. */
  "conference-applied": {
    /** When this service received it. ISO 8601, UTC */
    at: string;
    /** The gateway's 64-bit id as text */
    id: string;
  };
  /** The application has failed. */
  "conference-refused": {
    /** When this service received it. ISO 8601, UTC */
    at: string;
    /** The platform's own number, which no table explains */
    cause: number | null;
  };
  /** The agent has joined. Its own application may still be refused. */
  "conference-joined": {
    /** When this service received it. ISO 8601, UTC */
    at: string;
    /** The gateway's 64-bit id as text */
    id: string;
  };
  /** The conference's time is over soon. */
  "conference-reminder": {
    /** When this service received it. ISO 8601, UTC */
    at: string;
    /** The gateway's 64-bit id as text */
    id: string;
  };
  /** The agent is called into a conference: `POST /conference/answer` or `/reject`. */
  "conference-ringing": {
    /** When this service received it. ISO 8601, UTC */
    at: string;
    /** The gateway's 64-bit id as text */
    id: string;
  };
  /** Something about a participant of the conference that the agent is in. */
  "participant-changed": {
    /** When this service received it. ISO 8601, UTC */
    at: string;
    /** The gateway's 64-bit id as text */
    id: string;
    kind: "agent" | "phone" | "unknown";
    /** The agent's number or the phone number */
    address: string;
    /** What has changed. `chair`: chairs it from now on. A code that the gateway's reference does not have comes as it is */
    change: ("joined" | "left" | "chair" | "muted" | "unmuted" | "held" | "unheld") | number;
    /** Of one who left: why. A code that the gateway's reference does not have comes as it is */
    reason: (("left" | "removed" | "hung-up" | "conference-over" | "signed-out" | "forced-out") | number) | null;
    /** `false`: it was tried, and failed */
    done: boolean;
  };
  /** The agent is out of the conference. */
  "conference-left": {
    /** When this service received it. ISO 8601, UTC */
    at: string;
    /** The gateway's 64-bit id as text */
    id: string;
  };
  /** The agent chairs the conference from now on. */
  "chair-received": {
    /** When this service received it. ISO 8601, UTC */
    at: string;
    /** The gateway's 64-bit id as text */
    id: string;
  };
  /** The announcement to everybody has ended. */
  "announcement-ended": {
    /** When this service received it. ISO 8601, UTC */
    at: string;
    /** `false`: it could not be played */
    done: boolean;
  };
  /** The announcement to one participant has ended. */
  "participant-announcement-ended": {
    /** When this service received it. ISO 8601, UTC */
    at: string;
    /** `false`: it could not be played */
    done: boolean;
  };
  /** An event of the gateway, by its own name and with its own content. A client that comes back with the last `id` in `Last-Event-ID` gets what it missed, as far as it is kept. */
  "gateway-event": {
    type: string;
    /** When this service received it. ISO 8601, UTC */
    at: string;
    /** As the gateway gave it; integers past 2^53 as text */
    content: unknown;
  };
  /** The stream is alive: at once, then every 5 s at least. */
  alive: {
    /** When it was sent. ISO 8601, UTC */
    at: string;
  };
  /** The session has ended, and the stream with it: there is nothing to come back to. */
  "session-ended": {
    /** `signed-out` (its user signed out), `revoked` (a trusted backend revoked it), `idle` (it was not used for too long), `too-old` (it reached its greatest age), `replaced` (a trusted backend bound its name anew), `forced-out` (somebody else signed in as the agent by force), `session-expired` (the gateway no longer took its credential), `agent-not-signed-in` (the gateway signed the agent out) */
    reason: "signed-out" | "revoked" | "idle" | "too-old" | "replaced" | "forced-out" | "session-expired" | "agent-not-signed-in";
  };
  /** The token has reached its `exp`, and the stream ends: come back with a fresh one. */
  "token-expired": Record<string, never>;
  /** The session has opened more than 32 streams, and this was its oldest. Its `retry` is ten minutes: do not come back by yourself, or the streams push each other out for ever. */
  replaced: Record<string, never>;
  /** This instance of the service ends: come back after `retry`, another one answers. */
  "instance-ending": Record<string, never>;
}
