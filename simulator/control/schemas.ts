import type { Account } from "../agents/agent.ts";
import {
  type Field,
  flag,
  list,
  number,
  type Optional,
  oneOf,
  optional,
  orNull,
  record,
  text,
  whole,
} from "../fields.ts";

/** What the control interface takes. An unknown field is refused by its name. */

export const ACCOUNT = record({
  password: optional(text(0)),
  vdnId: optional(number()),
  inspector: optional(flag),
  locked: optional(flag),
  unforceable: optional(flag),
  passwordExpired: optional(flag),
  mustChangePassword: optional(flag),
  passwordDaysLeft: optional(orNull(number())),
  talking: optional(flag),
  agentState: optional(orNull(whole(0, 9))),
  applications: optional(oneOf(["granted", "refused", "unanswered"])),
  applicationCause: optional(whole()),
  ringing: optional(oneOf(["waits", "answers", "declines"])),
} satisfies { readonly [Name in keyof Omit<Account, "agentId">]: Optional<Account[Name]> });

/** A number, or its digits: an id past 2^53 is no JavaScript number. */
const CONFERENCE_ID: Field<bigint | number | string> = {
  read(value, path, { mistakes }) {
    const text = typeof value === "bigint" || typeof value === "number" ? String(value) : value;
    if (typeof text !== "string" || !/^\d{1,20}$/.test(text)) mistakes.push(`${path}: a conference id`);
    return value as string;
  },
};

const AUDIO = whole(1, 4);
const STATE = whole(0, 2);

export const PARTICIPANT = record({
  address: text(),
  kind: optional(oneOf(["agent", "phone"])),
  chair: optional(flag),
  audio: optional(AUDIO),
  state: optional(STATE),
  enterTime: optional(number()),
  deviceCallType: optional(whole(0, 255)),
  deviceType: optional(whole(0, 255)),
});

export const INVITATION = record({ address: text(1, 24), kind: optional(oneOf(["agent", "phone"])) });

export const PHONE = record({
  does: optional(oneOf(["answers", "declines", "rings"])),
  afterMs: optional(orNull(number())),
});

const chairGiven: Field<true> = {
  read(value, path, { mistakes }) {
    if (value !== true) mistakes.push(`${path}: true`);
    return true;
  },
};

export const PARTICIPANT_CHANGE = record({
  audio: optional(AUDIO),
  state: optional(STATE),
  chair: optional(chairGiven),
});

export const CONFERENCE = record({
  id: optional(CONFERENCE_ID),
  vdnId: optional(whole(1)),
  state: optional(whole(0, 1)),
  startTime: optional(number()),
  bookedMinutes: optional(number()),
  seats: optional(whole(1, 120)),
  participants: optional(list(PARTICIPANT)),
});

export const CONFERENCE_CHANGE = record({
  state: optional(whole(0, 1)),
  bookedMinutes: optional(number()),
  seats: optional(whole(1, 120)),
});
