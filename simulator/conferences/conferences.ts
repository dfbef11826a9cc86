import {
  type Conference,
  type ConferenceId,
  type ConferenceSpec,
  type LeaveReason,
  MOST_SEATS,
  type Participant,
  type ParticipantSpec,
  participantOf,
} from "./conference.ts";
import type { News } from "./news.ts";

/**
 * The conferences of all VDNs and who is in them. Members who are signed in hear of every change; nobody else does,
 * which is why an inspector has to ask for the list again and again.
 */
export class Conferences {
  readonly #news: News;
  /** What a conference does whose chair has gone. */
  readonly #chairGone: () => "ends" | "lives-on";
  readonly #byId = new Map<bigint, Conference>();
  /** Ids seen in the wild are multiples of 256. */
  #nextId = 2_000_128n;
  /** Counts every change: what is made from a VDN's list can be kept until it moves. */
  version = 0;
  /** Hears of every end. */
  onEnd: (conference: Conference) => void = () => {};

  constructor(news: News, chairGone: () => "ends" | "lives-on") {
    this.#news = news;
    this.#chairGone = chairGone;
  }

  list(vdnId?: number): Conference[] {
    const all = [...this.#byId.values()];
    return vdnId === undefined ? all : all.filter((conference) => conference.vdnId === vdnId);
  }

  get(id: ConferenceId): Conference | undefined {
    return this.#byId.get(BigInt(id));
  }

  /** Throws a `RangeError`. */
  known(id: ConferenceId): Conference {
    const conference = this.get(id);
    if (conference === undefined) throw new RangeError(`no conference ${id}`);
    return conference;
  }

  /** The conference that an agent is in. */
  ofAgent(agentId: string): Conference | undefined {
    for (const conference of this.#byId.values()) {
      if (conference.participants.some((one) => one.kind === "agent" && one.address === agentId)) return conference;
    }
    return undefined;
  }

  /** Throws a `TypeError` when the id is taken or none. Nobody is in it yet. */
  open(spec: Omit<ConferenceSpec, "participants">): Conference {
    const id = spec.id === undefined ? this.#freeId() : BigInt(spec.id);
    if (id < 0n || id > 2n ** 63n - 1n) throw new TypeError(`${id} is no 64-bit id`);
    if (this.#byId.has(id)) throw new TypeError(`conference ${id} exists`);
    const conference: Conference = {
      id,
      vdnId: spec.vdnId ?? 1,
      state: spec.state ?? 0,
      startTime: spec.startTime ?? Date.now(),
      bookedMinutes: spec.bookedMinutes ?? 60,
      seats: spec.seats ?? MOST_SEATS,
      participants: [],
      invited: [],
      openedAt: performance.now(),
    };
    this.#byId.set(id, conference);
    this.version += 1;
    return conference;
  }

  /** Opens one and lets its participants in, in their order. */
  start(spec: ConferenceSpec): Conference {
    const conference = this.open(spec);
    const someChair = spec.participants?.some((one) => one.chair) ?? false;
    spec.participants?.forEach((one, place) => {
      this.join(conference.id, { ...one, chair: one.chair ?? (!someChair && place === 0) });
    });
    return conference;
  }

  /** Somebody is in: a chair as by its application, an agent as by an invitation that it has answered at once. */
  join(id: ConferenceId, spec: ParticipantSpec): void {
    const conference = this.known(id);
    const newcomer = participantOf(spec);
    if (conference.participants.some(({ address }) => address === newcomer.address)) {
      throw new TypeError(`${newcomer.address} is in conference ${id}`);
    }
    if (!newcomer.chair) this.#news.own(newcomer, "AgentConf_Ringing", conference);
    this.add(conference, newcomer);
    if (newcomer.chair) this.#news.own(newcomer, "AgentConf_RequestSuccess", conference);
  }

  add(conference: Conference, newcomer: Participant): void {
    conference.participants.push(newcomer);
    this.version += 1;
    this.#news.own(newcomer, "AgentConf_SelfJoinResult", conference);
    this.#news.joined(conference, newcomer);
  }

  leave(id: ConferenceId, address: string, reason: LeaveReason = "left"): void {
    const conference = this.known(id);
    const leaver = this.participant(conference, address);
    if (leaver.chair && reason !== "removed" && this.#chairGone() === "ends") {
      this.end(id);
      return;
    }
    conference.participants = conference.participants.filter((one) => one !== leaver);
    this.version += 1;
    this.#news.left(conference, leaver, reason);
  }

  /** Mutes, holds, or passes the chair on. Only channelAttrib 1 and 3 are told. */
  changeParticipant(
    id: ConferenceId,
    address: string,
    change: { readonly audio?: number; readonly state?: number; readonly chair?: true },
  ): void {
    const conference = this.known(id);
    const one = this.participant(conference, address);
    this.version += 1;
    if (change.audio !== undefined && change.audio !== one.audio) {
      one.audio = change.audio;
      if (one.audio === 1) this.#news.changed(conference, one, "muted");
      if (one.audio === 3) this.#news.changed(conference, one, "unmuted");
    }
    if (change.state !== undefined && change.state !== one.state) {
      const was = one.state;
      one.state = change.state;
      if (one.state === 1) this.#news.changed(conference, one, "hold");
      else if (was === 1) this.#news.changed(conference, one, "unhold");
    }
    if (change.chair && !one.chair) {
      for (const other of conference.participants) other.chair = other === one;
      this.#news.changed(conference, one, "chair");
    }
  }

  change(id: ConferenceId, change: { readonly state?: number; readonly bookedMinutes?: number; seats?: number }): void {
    Object.assign(this.known(id), change);
    this.version += 1;
  }

  end(id: ConferenceId): void {
    const conference = this.known(id);
    const members = conference.participants;
    conference.participants = [];
    this.#byId.delete(conference.id);
    this.version += 1;
    this.#news.ended(conference, members);
    this.onEnd(conference);
    conference.invited = [];
  }

  /** All of them, without a word. */
  clear(): void {
    for (const conference of this.#byId.values()) this.onEnd(conference);
    this.#byId.clear();
    this.version += 1;
  }

  /** Throws a `RangeError`. */
  participant(conference: Conference, address: string): Participant {
    const one = conference.participants.find((other) => other.address === address);
    if (one === undefined) throw new RangeError(`${address} is not in conference ${conference.id}`);
    return one;
  }

  #freeId(): bigint {
    do this.#nextId += 256n;
    while (this.#byId.has(this.#nextId));
    return this.#nextId;
  }
}
