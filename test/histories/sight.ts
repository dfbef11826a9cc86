import type { GatewayEvent } from "../../src/gateway/index.ts";
import {
  type AgentSession,
  type AppSession,
  type SessionKey,
  type Subject,
  sameBinding,
} from "../../src/sessions/model.ts";
import type { GatewayModel, GatewaySignIn } from "./gateway-model.ts";
import { sessionName } from "./store-model.ts";
import type { Timeline } from "./timeline.ts";
import type { Violate } from "./verdict.ts";
import type { Weather } from "./weather.ts";

/** How long an instance may believe what it has read, in ms: with everything well, and with a fault between. */
const BELIEVED_MS = { calm: 100, faults: 16_500 };

/** One session as it really is, from its binding to its end; bound anew to the same agent and subject it goes on. */
export interface Standing {
  session: AppSession;
  readonly from: number;
  /** When its subject came in among those who hear the agent's events. */
  readonly cameIn: number;
  endedAt: number | null;
}

/** What an event of the modelled gateway holds. */
export interface EventContent {
  readonly signIn: number;
  readonly number: number;
}

export interface Viewer extends SessionKey {
  readonly subject: Subject;
}

export const subjectName = ({ issuer, subject }: Pick<AppSession, "issuer" | "subject">): string =>
  `${issuer} ${subject ?? "*"}`;

interface Deps {
  readonly timeline: Timeline;
  readonly weather: Weather;
  readonly gateway: () => GatewayModel;
  readonly recordOf: (session: AppSession) => AgentSession | null;
  readonly violate: Violate;
}

/** Who may see what: who is really bound to whom, whose each sign-in is, and what everybody is shown. */
export class Sight {
  readonly #deps: Deps;
  /** All that have borne a name, the newest last. */
  readonly #byName = new Map<string, Standing[]>();
  readonly #byBinding = new Map<string, Standing>();
  /** The subjects whose a sign-in is: whose password made it, and those whom a backend let in. */
  readonly #owners = new Map<number, Set<string>>();
  readonly #receivedAt = new Map<number, number>();
  heardEvents = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  signedIn({ serial, owner }: GatewaySignIn): void {
    this.#owners.set(serial, new Set([owner]));
  }

  /** Another program's sign-in that a backend brings is for all whom the agent's record has. */
  written({ recordId, guid }: AgentSession): void {
    const signIn = this.#deps.gateway().ofGuid.get(guid);
    if (signIn === undefined || signIn.ours) return;
    const owners = this.#owners.get(signIn.serial);
    for (const { session } of this.living()) if (session.recordId === recordId) owners?.add(subjectName(session));
  }

  bound(session: AppSession, before: AppSession | null): void {
    const { timeline, violate } = this.#deps;
    if (this.#byBinding.has(session.bindingId)) {
      violate("came-back", `session ${sessionName(session)} came back with a binding that has ended`);
    }
    const former = before === null ? undefined : this.#byBinding.get(before.bindingId);
    if (session.boundBy === "backend") this.#letIn(session);
    if (former !== undefined && before !== null && sameBinding(before, session)) {
      former.session = session;
      this.#byBinding.set(session.bindingId, former);
      return;
    }
    if (former !== undefined) former.endedAt = timeline.now;
    const mate = [...this.living()].find(
      (one) => one.session.recordId === session.recordId && subjectName(one.session) === subjectName(session),
    );
    const standing = { session, from: timeline.now, cameIn: mate?.cameIn ?? timeline.now, endedAt: null };
    this.#byBinding.set(session.bindingId, standing);
    const name = sessionName(session);
    const all = this.#byName.get(name);
    if (all === undefined) this.#byName.set(name, [standing]);
    else all.push(standing);
  }

  deleted(session: AppSession): void {
    const standing = this.#byBinding.get(session.bindingId);
    if (standing !== undefined) standing.endedAt = this.#deps.timeline.now;
  }

  /** The store has lost writes, or deletions: what it has now is what stands. */
  storeWentBack(stored: Iterable<AppSession>): void {
    const standing = new Set<Standing>();
    for (const session of stored) {
      const one = this.#byBinding.get(session.bindingId);
      if (one === undefined) continue;
      one.session = session;
      one.endedAt = null;
      standing.add(one);
    }
    for (const one of this.living()) if (!standing.has(one)) one.endedAt = this.#deps.timeline.now;
  }

  *living(): Generator<Standing> {
    for (const all of this.#byName.values()) {
      for (const one of all) if (one.endedAt === null) yield one;
    }
  }

  of(session: AppSession): Standing | null {
    return this.#byBinding.get(session.bindingId) ?? null;
  }

  /** A poll has brought the event to an instance. */
  received(event: GatewayEvent): void {
    const { number } = event.content as EventContent;
    if (!this.#receivedAt.has(number)) this.#receivedAt.set(number, this.#deps.timeline.now);
  }

  /** A stream of the viewer's has said an event. */
  heard(viewer: Viewer, { signIn, number }: EventContent): void {
    this.heardEvents += 1;
    const at = this.#receivedAt.get(number) ?? this.#deps.timeline.now;
    const mine = this.#standingsOf(viewer);
    if (!this.#owns(viewer, mine, signIn)) {
      this.#deps.violate(
        "foreign-event",
        `${told(viewer)} heard event ${number} of sign-in ${signIn}, which is not theirs`,
      );
    } else if (!mine.some(({ cameIn }) => cameIn <= at)) {
      this.#deps.violate("early-event", `${told(viewer)} heard event ${number}, received before they came in`);
    } else if (!mine.some(({ endedAt }) => endedAt === null || endedAt >= at)) {
      this.#deps.violate("late-event", `${told(viewer)} heard event ${number}, received after their session had ended`);
    }
  }

  /** The viewer was answered with a list, which names the sign-in that it was given to. */
  listed(viewer: Viewer, signIn: number, askedAt: number): void {
    const { weather, violate } = this.#deps;
    const mine = this.#standingsOf(viewer);
    const believed = weather.wasCalm(askedAt - BELIEVED_MS.faults) ? BELIEVED_MS.calm : BELIEVED_MS.faults;
    if (!this.#owns(viewer, mine, signIn)) {
      violate("foreign-list", `${told(viewer)} got the list of sign-in ${signIn}, which is not theirs`);
    } else if (!mine.some(({ endedAt }) => endedAt === null || endedAt >= askedAt - believed)) {
      violate("late-list", `${told(viewer)} got a list, asked for after their session had ended`);
    }
  }

  #owns(viewer: Viewer, mine: readonly Standing[], signIn: number): boolean {
    const owners = this.#owners.get(signIn);
    return (
      owners !== undefined &&
      (owners.has(subjectName(viewer)) || mine.some(({ session }) => owners.has(subjectName(session))))
    );
  }

  #standingsOf({ subject, ...key }: Viewer): Standing[] {
    const all = this.#byName.get(sessionName(key)) ?? [];
    return all.filter(({ session }) => session.subject === null || session.subject === subject);
  }

  /** A backend's word lets a subject in to the sign-in whose Guid is stored. */
  #letIn(session: AppSession): void {
    const record = this.#deps.recordOf(session);
    const signIn = record === null ? undefined : this.#deps.gateway().ofGuid.get(record.guid);
    if (signIn !== undefined) this.#owners.get(signIn.serial)?.add(subjectName(session));
  }
}

const told = ({ issuer, sessionId, subject }: Viewer): string => `session ${issuer} ${sessionId} of ${subject}`;
