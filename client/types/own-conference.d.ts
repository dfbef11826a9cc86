/** @import { CallOptions, Calls } from "./calls.js" */
/**
 * @import {
 *   Announcement, ConferenceApplication, Invited, JoinedConference, OwnConference as Present, Participant,
 * } from "../api.d.ts"
 */
import type { CallOptions, Calls } from "./calls.js";
import type { Announcement, ConferenceApplication, Invited, JoinedConference, OwnConference as Present, Participant } from "../api.d.ts";
export type Address = Pick<Invited["participants"][number], "kind" | "address">;
/** @typedef {Pick<Invited["participants"][number], "kind" | "address">} Address of a participant */
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
     * @param {ConferenceApplication} application
     * @param {CallOptions} [options]
     * @returns {Promise<JoinedConference | { state: "requested" }>} `requested`: the events tell what becomes of it
     */
    apply(application: ConferenceApplication, options?: CallOptions): Promise<JoinedConference | {
        state: "requested";
    }>;
    /**
     * @param {CallOptions} [options]
     * @returns {Promise<Present>} or the problem `conference-not-found` when in none
     */
    get(options?: CallOptions): Promise<Present>;
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
     * @returns {Promise<Invited>} with the state of those who are in by then
     */
    invite(participants: Address[], { callerNumber, ...options }?: CallOptions & {
        callerNumber?: string;
    }): Promise<Invited>;
    /**
     * Mutes or unmutes, holds or takes back.
     *
     * @param {Address} participant
     * @param {{ audio: Participant["audio"] } | { held: true, announcement?: string } | { held: false }} change
     * @param {CallOptions} [options]
     * @returns {Promise<Participant | { state: "requested" }>} `requested`: taken, and nobody here can look at it
     */
    changeParticipant(participant: Address, change: {
        audio: Participant["audio"];
    } | {
        held: true;
        announcement?: string;
    } | {
        held: false;
    }, options?: CallOptions): Promise<Participant | {
        state: "requested";
    }>;
    /** @param {Address} participant @param {CallOptions} [options] @returns {Promise<void>} */
    remove(participant: Address, options?: CallOptions): Promise<void>;
    /**
     * Plays a voice file to everybody, or to one.
     *
     * @param {Announcement} announcement in the background only to everybody
     * @param {CallOptions & { to?: Address }} [options]
     * @returns {Promise<{ state: "requested" }>} the events tell when it has ended
     */
    announce(announcement: Announcement, { to, ...options }?: CallOptions & {
        to?: Address;
    }): Promise<{
        state: "requested";
    }>;
    /** @param {CallOptions & { to?: Address }} [options] @returns {Promise<void>} */
    stopAnnouncement({ to, ...options }?: CallOptions & {
        to?: Address;
    }): Promise<void>;
}
