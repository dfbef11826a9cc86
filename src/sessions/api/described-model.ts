import { z } from "zod";
import { CONFERENCE_ID } from "../../gateway/index.ts";
import { oneOf } from "../../http/described-values.ts";
import { type AgentState, type EndReason, endReasons, type Issuer, type KeepAlive } from "../model.ts";

// The words of the model, as a client is told what they mean.

const keepAlives: Readonly<Record<KeepAlive, string>> = {
  managed: "this service polls the agent's events, which keeps it signed in, and signs it out with its last session",
  external: "the app that signed the agent in polls it and signs it out; this service does neither",
};

const agentStates: Readonly<Record<AgentState, string>> = {
  active: "the gateway answers",
  unreachable: "the event polls fail for a while; nothing is lost yet",
  expired: "the gateway refused the Guid of an external agent: its app has to bind a new one",
};

const issuers: Readonly<Record<Issuer, string>> = {
  app: "the issuer of the apps' tokens",
  own: "this service, which issued the token itself",
};

export const keepAlive = oneOf(keepAlives, "Who keeps the agent signed in");
export const agentState = oneOf(agentStates, "How the agent's session at the gateway is");
export const issuerName = (about: string) => oneOf(issuers, about);
export const endReason = oneOf<EndReason>(endReasons, "Why the session has ended");

/** As it is answered. */
export const conferenceId = z
  .string()
  .regex(CONFERENCE_ID)
  .meta({ description: "The gateway's 64-bit id as text", examples: ["355840"] });

export const participantKind = oneOf({
  agent: "an agent of the contact centre",
  phone: "somebody at a phone",
  unknown: "the gateway names a kind that this service does not know",
});
