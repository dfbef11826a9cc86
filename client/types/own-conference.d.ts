/** @import { CallOptions, Calls } from "./calls.js" */
/** @import { Conference, Participant } from "../api.d.ts" */
import type { CallOptions, Calls } from "./calls.js";
import type { Conference, Participant } from "../api.d.ts";
export type Address = {
    kind: "agent" | "phone";
    address: string;
};
export type JoinedConference = Conference & {
    own: {
        role: "chair" | "participant";
        state: "joined";
    };
};
export type PendingConference = {
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
export type Application = {
    seats: number;
    minutes?: number;
    remindMinutes?: number;
    callerNumber?: string;
    /**
     * a voice file
     */
    announcement?: string;
};
/** @typedef {{ kind: "agent" | "phone", address: string }} Address of a participant */
/** @typedef {Conference & { own: { role: "chair" | "participant", state: "joined" } }} JoinedConference */
/** @typedef {{ id: string, own: { state: "invited" } } | { id: null, own: { state: "requested" } }} PendingConference */
/**
 * @typedef {object} Application
 * @property {number} seats
 * @property {number} [minutes]
 * @property {number} [remindMinutes]
 * @property {string} [callerNumber]
 * @property {string} [announcement] a voice file
 */
/**
 * The conference that the agent is in, or is about to be in. A call is sent once and never repeated; a problem's
 * `outcome` says whether it may have been carried out all the same.
 */
export declare class OwnConference {
    #private;
    /** @param {Calls} calls */
    constructor(calls: Calls);
    /**
     * Applies for a conference, with this agent as its chair.
     *
     * @param {Application} application
     * @param {CallOptions} [options]
     * @returns {Promise<JoinedConference | { state: "requested" }>} `requested`: the events tell what becomes of it
     */
    apply(application: Application, options?: CallOptions): Promise<JoinedConference | {
        state: "requested";
    }>;
    /**
     * @param {CallOptions} [options]
     * @returns {Promise<JoinedConference | PendingConference>} or the problem `conference-not-found` when in none
     */
    get(options?: CallOptions): Promise<JoinedConference | PendingConference>;
    /**
     * @param {{ addMinutes: number } | { addSeats: number } | { chair: string }} change fewer seats by a negative number
     * @param {CallOptions} [options]
     * @returns {Promise<{ addedMinutes: number } | { addedSeats: number } | { chair: string }>} what was really granted
     */
    change(change: {
        addMinutes: number;
    } | {
        addSeats: number;
    } | {
        chair: string;
    }, options?: CallOptions): Promise<{
        addedMinutes: number;
    } | {
        addedSeats: number;
    } | {
        chair: string;
    }>;
    /** Ends it for everybody; the chair alone can. @param {CallOptions} [options] @returns {Promise<void>} */
    end(options?: CallOptions): Promise<void>;
    /**
     * Takes the invitation that is there.
     *
     * @param {CallOptions} [options]
     * @returns {Promise<JoinedConference | { state: "answering" }>}
     */
    answer(options?: CallOptions): Promise<JoinedConference | {
        state: "answering";
    }>;
    /** @param {CallOptions} [options] @returns {Promise<void>} */
    reject(options?: CallOptions): Promise<void>;
    /** @param {CallOptions} [options] @returns {Promise<void>} */
    leave(options?: CallOptions): Promise<void>;
    /**
     * @param {Address[]} participants 120 at most
     * @param {CallOptions & { callerNumber?: string }} [options]
     * @returns {Promise<{ participants: (Address & { state?: string })[] }>}
     */
    invite(participants: Address[], { callerNumber, ...options }?: CallOptions & {
        callerNumber?: string;
    }): Promise<{
        participants: (Address & {
            state?: string;
        })[];
    }>;
    /**
     * Mutes or unmutes, holds or takes back.
     *
     * @param {Address} participant
     * @param {{ audio: Participant["audio"] } | { held: true, announcement?: string } | { held: false }} change
     * @param {CallOptions} [options]
     * @returns {Promise<Participant>}
     */
    changeParticipant(participant: Address, change: {
        audio: Participant["audio"];
    } | {
        held: true;
        announcement?: string;
    } | {
        held: false;
    }, options?: CallOptions): Promise<Participant>;
    /** @param {Address} participant @param {CallOptions} [options] @returns {Promise<void>} */
    remove(participant: Address, options?: CallOptions): Promise<void>;
    /**
     * Plays a voice file to everybody, or to one.
     *
     * @param {{ file: string, background?: boolean }} announcement
     * @param {CallOptions & { to?: Address }} [options]
     * @returns {Promise<void>}
     */
    announce(announcement: {
        file: string;
        background?: boolean;
    }, { to, ...options }?: CallOptions & {
        to?: Address;
    }): Promise<void>;
    /** @param {CallOptions & { to?: Address }} [options] @returns {Promise<void>} */
    stopAnnouncement({ to, ...options }?: CallOptions & {
        to?: Address;
    }): Promise<void>;
}
