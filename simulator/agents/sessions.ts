import { randomUUID } from "node:crypto";
import { type Answer, failure, success } from "../requests/answers.ts";
import type { Ledger } from "../requests/ledger.ts";
import { type Settings, scaled } from "../settings.ts";
import type { Agent, Ending, Session } from "./agent.ts";
import { eventText } from "./events.ts";

const EVENTS_KEPT = 1000;
/** A cookie's value as a load balancer sets it. */
const BALANCER = "NSLB";
const ROUTE = "AGENTROUTE";

interface SessionStart {
  /** Gateway state: 3, 4 or 5. */
  readonly state: number;
  readonly push: boolean;
  readonly autoEnterIdle?: boolean;
  readonly listens?: boolean;
}

/** Who is signed in, with which Guid, until when: the part of the gateway that all interfaces stand on. */
export class Sessions {
  readonly #settings: Settings;
  readonly #ledger: Ledger;
  readonly #hear: { readonly started: (agent: Agent) => void; readonly ended: (agent: Agent) => void };
  /** Inspectors who want to hear of sign-ins and sign-outs. */
  readonly listening = new Set<Agent>();

  /** `hear` hears of every session's start and end, after it. */
  constructor(
    settings: Settings,
    ledger: Ledger,
    hear: { readonly started: (agent: Agent) => void; readonly ended: (agent: Agent) => void },
  ) {
    this.#settings = settings;
    this.#ledger = ledger;
    this.#hear = hear;
  }

  start(agent: Agent, { state, push, autoEnterIdle = true, listens = false }: SessionStart): Session {
    const guid = this.#newGuid(agent);
    const timeout = setTimeout(() => this.#timeOut(agent), scaled(this.#settings, "sessionTimeoutMs"));
    const session: Session = {
      agentId: agent.account.agentId,
      guid,
      guidSince: performance.now(),
      overlap: [],
      rotationDue: false,
      cookies: this.#settings.cookies ? [`${BALANCER}=${token()}`, `${ROUTE}=${this.#node(agent)}`] : [],
      loginTime: Date.now(),
      state,
      stateAfterwards: null,
      autoEnterIdle,
      listens,
      push,
      events: [],
      held: [],
      timeout,
    };
    agent.session = session;
    agent.farewell = null;
    if (listens) this.listening.add(agent);
    this.#hear.started(agent);
    return session;
  }

  /** Held polls are answered with `last`; an agent's own sign-out gives 100-006 to them. */
  end(agent: Agent, why: Ending, last: Answer = failure(this.#settings, "100-006")): void {
    const session = agent.session;
    if (session === null) return;
    agent.session = null;
    clearTimeout(session.timeout);
    for (const { guid } of session.overlap) agent.forget(guid, why);
    agent.forget(session.guid, why);
    if (why === "timed-out") this.#ledger.counters.timedOut += 1;
    for (const held of session.held.splice(0)) held.answer(last);
    this.listening.delete(agent);
    this.#hear.ended(agent);
  }

  /** What a successful poll or handshake does: it keeps the session alive, and brings a new Guid when one is due. */
  keptAlive(agent: Agent, session: Session): Answer["headers"] {
    session.timeout.refresh();
    const old = performance.now() - session.guidSince >= scaled(this.#settings, "guidIntervalMs");
    if (!session.rotationDue && !(old && this.#settings.authMode === "dynamic")) return {};
    this.#ledger.counters.rotations += 1;
    this.replaceGuid(agent, session, "rotated", scaled(this.#settings, "guidOverlapMs"));
    const guid = { "Set-GUID": `JSESSIONID=${session.guid}` };
    if (!this.#settings.renewCookies || session.cookies.length === 0) return guid;
    session.cookies[0] = `${BALANCER}=${token()}`;
    return { ...guid, "Set-Cookie": this.cookieHeaders(session).slice(0, 1) };
  }

  replaceGuid(agent: Agent, session: Session, why: "rotated" | "updated" | "invalidated", overlapMs: number): void {
    const now = performance.now();
    agent.forget(session.guid, why);
    session.overlap = session.overlap.filter(({ until }) => until > now && overlapMs > 0);
    if (overlapMs > 0) session.overlap.push({ guid: session.guid, until: now + overlapMs });
    session.guid = this.#newGuid(agent);
    session.guidSince = now;
    session.rotationDue = false;
  }

  accepts(session: Session, guid: string): boolean {
    if (guid === session.guid) return true;
    const accepted = session.overlap.some((old) => old.guid === guid && old.until > performance.now());
    if (accepted) this.#ledger.counters.overlapGuids += 1;
    return accepted;
  }

  /** Attributes as real sites send them: `Secure` although the site may speak plain http. */
  cookieHeaders(session: Session): string[] {
    const secure = this.#settings.secureCookies ? "; Secure" : "";
    return session.cookies.map((cookie) => `${cookie}; Path=/agentgateway; HttpOnly${secure}`);
  }

  /**
   * Puts an event in the agent's queue, or answers a poll that waits for one. Nothing when the agent is out.
   * `content` is JSON text.
   */
  tell(agent: Agent, eventType: string, content = "null"): void {
    const session = agent.session;
    if (session === null) return;
    session.events.push(eventText(this.#settings, session.agentId, eventType, content));
    if (session.events.length > EVENTS_KEPT) session.events.shift();
    if (session.held.length > 0) session.held.shift()?.answer(this.nextPollAnswer(agent, session));
  }

  /** The answer of a poll that ends now: the oldest event, or none. */
  nextPollAnswer(agent: Agent, session: Session): Answer {
    const event = session.events.shift();
    if (event !== undefined) this.#ledger.counters.eventsDelivered += 1;
    return success(this.#settings, { message: "", event, headers: this.keptAlive(agent, session) });
  }

  #timeOut(agent: Agent): void {
    this.end(agent, "timed-out");
  }

  #node(agent: Agent): string {
    return `AgentGateway${Number(agent.account.agentId) % Math.max(1, this.#settings.nodes)}`;
  }

  #newGuid(agent: Agent): string {
    return `${randomUUID()}.${this.#node(agent)}`;
  }
}

function token(): string {
  return randomUUID().replaceAll("-", "");
}
