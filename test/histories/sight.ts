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
  /** The last request about it that was answered: it has bound it, or ended it for good. */
  answered: "bound" | "left" | null;
}

/** What a list of the modelled gateway says of itself. */
export interface ListContent {
  readonly signIn: number;
  readonly vdnId: string;
  /** By the timeline. */
  readonly askedAt: number;
}

/** What an event of the modelled gateway holds. */
export interface EventContent {
  readonly signIn: number;
  readonly number: number;
}

interface Viewer extends SessionKey {
  readonly subject: Subject;
}

export const subjectName = ({ issuer, subject }: Pick<AppSession, "issuer" | "subject">): string =>
  `${issuer} ${subject ?? "*"}`;

interface Deps {
  /** Whether the inspectors of one VDN share a list. */
  readonly sharesVdn: boolean;
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
  /** In which VDNs the agent of a record is signed in, each with the time until which it was. */
  readonly #vdns = new Map<string, Map<string, number>>();
  heardEvents = 0;
  shownLists = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  signedIn({ serial, owner }: GatewaySignIn): void {
    this.#owners.set(serial, new Set([owner]));
  }

  /** Another program's sign-in that a backend brings is for all whom the agent's record has. */
  written({ recordId, guid }: AgentSession): void {
    const signIn = this.#deps.gateway().ofGuid.get(guid);
    if (signIn !== undefined) this.#inVdn(recordId, String(signIn.vdn));
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
    // One that is replaced is one of them: its subject never went.
    const mate = [...this.living()].find(
      (one) => one.session.recordId === session.recordId && subjectName(one.session) === subjectName(session),
    );
    if (former !== undefined) former.endedAt = timeline.now;
    const standing: Standing = {
      session,
      from: timeline.now,
      cameIn: mate?.cameIn ?? timeline.now,
      endedAt: null,
      answered: null,
    };
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

  /** A request has bound or ended the session, and its client knows. */
  answered(session: AppSession, how: "bound" | "left"): void {
    const one = this.#byBinding.get(session.bindingId);
    // Bound anew while it was asked to leave: that one has not left.
    const isOfBefore = how === "left" && one?.session.bindingId !== session.bindingId;
    if (one !== undefined && !isOfBefore) one.answered = how;
  }

  /**
   * The store has lost writes, or deletions: what it has now is what stands.
   *
   * @param durable whether nothing of it may have been answered
   */
  storeWentBack(stored: Iterable<AppSession>, durable: boolean): void {
    const standing = new Set<Standing>();
    const lost = (one: Standing, what: string): void => {
      if (durable) this.#deps.violate("lost", `session ${sessionName(one.session)} ${what}, and that was answered`);
    };
    for (const session of stored) {
      const one = this.#byBinding.get(session.bindingId);
      if (one === undefined) continue;
      if (one.endedAt !== null && one.answered === "left") lost(one, "had ended");
      one.session = session;
      one.endedAt = null;
      standing.add(one);
    }
    for (const one of this.living()) {
      if (standing.has(one)) continue;
      if (one.answered === "bound") lost(one, "was bound");
      one.endedAt = this.#deps.timeline.now;
    }
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

  /** The viewer was answered with a list. */
  listed(viewer: Viewer, list: ListContent, askedAt: number): void {
    const { weather } = this.#deps;
    const believed = weather.wasCalm(askedAt - BELIEVED_MS.faults) ? BELIEVED_MS.calm : BELIEVED_MS.faults;
    this.#shown(viewer, list, askedAt - believed);
  }

  /** A stream of the viewer's shows a list: its session was looked at afresh when that was there. */
  streamed(viewer: Viewer, list: ListContent): void {
    this.shownLists += 1;
    this.#shown(viewer, list, list.askedAt);
  }

  #shown(viewer: Viewer, { signIn, vdnId }: ListContent, standsAt: number): void {
    const { violate } = this.#deps;
    const mine = this.#standingsOf(viewer);
    const standing = mine.filter(({ endedAt }) => endedAt === null || endedAt >= standsAt);
    if (!this.#owns(viewer, mine, signIn) && !this.#shares(standing, vdnId, standsAt)) {
      violate("foreign-list", `${told(viewer)} got the list of sign-in ${signIn} in VDN ${vdnId}, which is not theirs`);
    } else if (standing.length === 0) {
      violate("late-list", `${told(viewer)} got a list, asked for after their session had ended`);
    }
  }

  /** Whether one of them signed in itself as an agent who was in the VDN, and shares the list of that. */
  #shares(standing: readonly Standing[], vdnId: string, at: number): boolean {
    if (!this.#deps.sharesVdn) return false;
    return standing.some(
      ({ session }) => session.boundBy === "sign-in" && (this.#vdns.get(session.recordId)?.get(vdnId) ?? 0) >= at,
    );
  }

  #inVdn(recordId: string, vdnId: string): void {
    const vdns = this.#vdns.get(recordId) ?? new Map<string, number>();
    this.#vdns.set(recordId, vdns);
    for (const [known, until] of vdns) {
      if (known !== vdnId && until === Number.POSITIVE_INFINITY) vdns.set(known, this.#deps.timeline.now);
    }
    vdns.set(vdnId, Number.POSITIVE_INFINITY);
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
