import type { BoundSession, Sessions } from "../../sessions/index.ts";
import type { KnownConference } from "./own-call.ts";

/** An application before it is sent: how things stood, and how they stand. */
export interface Begun {
  readonly before: KnownConference;
  readonly began: KnownConference;
}

/**
 * Writes down that an application goes out, before it does: its outcome may be told before its answer comes, and to another
 * instance. Until it is answered nobody knows whether it was made, which is forgotten after a while.
 */
export async function begin(sessions: Sessions, bound: BoundSession): Promise<Begun> {
  let before: KnownConference | undefined;
  const began = await sessions.changeOwnConference(bound, (own, epoch) => {
    before = own;
    // What the agent is in, or somebody has asked for: the gateway decides between the two.
    if (own.state !== "over") return own;
    return { ...own, state: "requested", unsure: true, epoch, since: sessions.clock.wall() };
  });
  return { before: before ?? began, began };
}

/** It was taken: an event will tell. */
export async function confirm(sessions: Sessions, bound: BoundSession, { began }: Begun): Promise<void> {
  await sessions.changeOwnConference(bound, (own, epoch) => {
    if (own.state === "requested") return own.unsure ? { ...own, unsure: false } : own;
    // Another device's, which was refused, has taken its own back.
    const untold = own.state === "over" && own.turn === began.turn;
    return untold ? { ...own, state: "requested", epoch, since: sessions.clock.wall() } : own;
  });
}

/** It was not made: all is as before, unless an event or another device has said more meanwhile. */
export async function takeBack(sessions: Sessions, bound: BoundSession, { before, began }: Begun): Promise<void> {
  if (before === began) return;
  await sessions.changeOwnConference(bound, (own) => {
    const isOurs = own.state === "requested" && own.unsure && own.turn === began.turn && own.since === began.since;
    return isOurs ? before : own;
  });
}

/** What has become of an application since, `null` while nobody has told. */
export function decisionSince(
  { began }: Begun,
  own: KnownConference,
): "granted" | { readonly cause: number | null } | null {
  if (own.decision !== null && own.decision.turn > began.turn) {
    return own.decision.granted ? "granted" : { cause: own.decision.cause };
  }
  // The event that granted it was lost, and what followed was not.
  return own.state === "joined" && began.state !== "joined" && own.turn > began.turn ? "granted" : null;
}

/** What has become of an answered invitation since, `null` while nobody has told. */
export function answeredSince(asked: KnownConference, own: KnownConference): "joined" | "gone" | null {
  if (own.turn <= asked.turn) return null;
  if (own.state === "joined") return "joined";
  return own.state === "over" ? "gone" : null;
}

/** The invitation is declined, or the gateway knows of none: unless an event has said more since. */
export async function invitationOver(sessions: Sessions, bound: BoundSession, asked: KnownConference): Promise<void> {
  if (asked.state !== "invited") return;
  await sessions.changeOwnConference(bound, (own) =>
    own.state === "invited" && own.turn === asked.turn ? { ...own, state: "over", id: null } : own,
  );
}

/** It is over, of which no event will tell: that of an external agent comes to its own app. */
export async function untold(sessions: Sessions, bound: BoundSession): Promise<void> {
  await sessions.changeOwnConference(bound, (own) =>
    own.state === "over" ? own : { ...own, state: "over", id: null, joining: null, unsure: false },
  );
}
