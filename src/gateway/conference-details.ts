import { z } from "zod";
import { conferenceId } from "./conference-ids.ts";
import { badResponse, integerField, isNothing } from "./envelope.ts";
import type { ConferenceDetails, Participant } from "./gateway.ts";
import type { ConferenceId } from "./identifiers.ts";

/** 9999-12-31T23:59:59.999Z: past it ISO 8601 needs another form. */
const LAST_EPOCH_MS = 253_402_300_799_999;

const epochMs = integerField.pipe(z.int().min(0).max(LAST_EPOCH_MS)).transform((ms) => new Date(ms).toISOString());

const minutes = integerField.pipe(z.int().min(0));

/** A code of the reference's table; one outside of it is an answer that we do not understand. */
const coded = <Word extends string>(words: Readonly<Record<number, Word>>) =>
  integerField.transform((code, context) => {
    const word = words[code];
    if (word !== undefined) return word;
    context.addIssue({ code: "custom", message: "unknown code" });
    return z.NEVER;
  });

const text = z.union([z.string().max(256), z.int().transform(String)]);
const listOf = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (isNothing(value) ? [] : value), z.array(schema));

/** `addressType` is the one code whose further values are known to exist and mean something else. */
const kinds: ReadonlyMap<string, Participant["kind"]> = new Map([
  ["6", "phone"],
  ["9", "agent"],
]);

const participant = z
  .object({
    addressType: text,
    address: text,
    channelAttrib: coded({ 1: "listen", 2: "speak", 3: "both", 4: "none" }),
    channelState: coded({ 0: "connected", 1: "held", 2: "announcement" }),
    role: coded({ 0: "participant", 1: "chair" }),
    enterTime: epochMs,
  })
  .transform(
    (from): Participant => ({
      kind: kinds.get(from.addressType) ?? "unknown",
      address: from.address,
      role: from.role,
      audio: from.channelAttrib,
      state: from.channelState,
      joinedAt: from.enterTime,
    }),
  );

const conference = z
  .object({
    confId: z.unknown(),
    confState: coded({ 0: "normal", 1: "announcement" }),
    startTime: epochMs,
    applyConfTime: minutes,
    confHaveBeenTime: minutes,
    addresses: listOf(participant),
  })
  .transform(
    (from): ConferenceDetails => ({
      id: conferenceId(from.confId),
      state: from.confState,
      startedAt: from.startTime,
      bookedMinutes: from.applyConfTime,
      elapsedMinutes: from.confHaveBeenTime,
      participants: from.addresses,
    }),
  );

const conferences = listOf(conference);

/**
 * The result of `queryconfinfos` (1300) by id. The reference's table says that it is an array, its sample that it is an
 * object with the array as `confs`: both are taken.
 */
export function parseConferenceDetails(result: unknown): Map<ConferenceId, ConferenceDetails> {
  const list =
    typeof result === "object" && result !== null && !Array.isArray(result)
      ? (result as { confs?: unknown }).confs
      : result;
  const parsed = conferences.safeParse(list);
  if (!parsed.success) throw badResponse("CONFS");
  return new Map(parsed.data.map((details) => [details.id, details]));
}
