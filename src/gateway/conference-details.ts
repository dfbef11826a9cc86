import { z } from "zod";
import { kindOf } from "./address-types.ts";
import { integerField, isNothing } from "./answer.ts";
import type { Calls, Credential } from "./call.ts";
import { conferenceId } from "./conference-ids.ts";
import { badResponse } from "./fault.ts";
import type { CallOptions, ConferenceDetails, DetailsOptions, Participant } from "./gateway.ts";
import type { ConferenceId } from "./identifiers.ts";
import { Refusal } from "./refusal.ts";

/** Page 1300: more ids in one call are a parameter error. */
const IDS_A_CALL = 20;
const CALLS_AT_ONCE = 4;
/**
 * How many calls the search for ended conferences may take. One of them costs nine at most, and a gateway that refuses
 * whatever it is asked would cost two for each id of a VDN.
 */
const SEARCH_CALLS = 40;

const NO_CONFERENCE = "101-001";
const BAD_PARAMETER = "000-002";

/**
 * `queryconfinfos` (1300) in chunks, in the order of the ids asked for.
 *
 * How the gateway answers for an id whose conference has ended is not documented: it may leave it out, or refuse the
 * whole call as a wrong parameter or an agent without a conference. A refused chunk is therefore halved down to the
 * single id, which then counts as ended. Only if every one of several ids is a wrong parameter, it is not the ids; and
 * when the search takes too many calls, the refusal is the answer.
 */
export async function conferenceDetails(
  calls: Calls,
  credential: Credential,
  ids: readonly ConferenceId[],
  { answered = new Map<ConferenceId, ConferenceDetails | null>(), ...options }: DetailsOptions,
): Promise<ConferenceDetails[]> {
  const wanted = [...new Set(ids)];
  const ended: Refusal[] = [];
  const chunks = chunksOf(wanted.filter((id) => !answered.has(id)));
  let callsLeft = chunks.length + SEARCH_CALLS;

  async function ask(chunk: readonly ConferenceId[], chunkOptions: CallOptions): Promise<void> {
    callsLeft -= 1;
    try {
      const answer = await calls.read(
        {
          operation: "conference-details",
          lane: "list",
          method: "POST",
          path: `/agentconf/${credential.agentId}/queryconfinfos`,
          // The ids are written as the bare digits that they are: JSON.stringify takes no number past 2^53.
          body: `{"confIds":[${chunk.join(",")}]}`,
          parse: ({ result }) => parseConferenceDetails(result),
        },
        credential,
        chunkOptions,
      );
      for (const id of chunk) answered.set(id, answer.get(id) ?? null);
    } catch (error) {
      if (!isAboutIds(error)) throw error;
      if (chunk.length === 1) {
        ended.push(error);
        answered.set(chunk[0] as ConferenceId, null);
        return;
      }
      if (callsLeft < 2) throw error;
      const middle = Math.ceil(chunk.length / 2);
      await ask(chunk.slice(0, middle), chunkOptions);
      await ask(chunk.slice(middle), chunkOptions);
    }
  }

  await inParallel(chunks, options, ask);
  const [first] = ended;
  if (first && wanted.length > 1 && ended.length === wanted.length && ended.every(isBadParameter)) throw first;
  return wanted.flatMap((id) => answered.get(id) ?? []);
}

const isBadParameter = (refusal: Refusal): boolean => refusal.retcode === BAD_PARAMETER;

const isAboutIds = (error: unknown): error is Refusal =>
  error instanceof Refusal && (error.retcode === NO_CONFERENCE || error.retcode === BAD_PARAMETER);

const chunksOf = (ids: readonly ConferenceId[]): ConferenceId[][] =>
  Array.from({ length: Math.ceil(ids.length / IDS_A_CALL) }, (_, index) =>
    ids.slice(index * IDS_A_CALL, (index + 1) * IDS_A_CALL),
  );

/** A few chunks at once; the first failure cancels the others, and none goes on after the return. */
async function inParallel(
  chunks: readonly ConferenceId[][],
  options: CallOptions,
  ask: (chunk: readonly ConferenceId[], options: CallOptions) => Promise<void>,
): Promise<void> {
  if (chunks.length === 1 && chunks[0]) return ask(chunks[0], options);
  const others = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, others.signal]) : others.signal;
  const failures: unknown[] = [];
  const queue = chunks.values();
  const worker = async (): Promise<void> => {
    for (const chunk of queue) {
      if (failures.length > 0) return;
      try {
        await ask(chunk, { ...options, signal });
      } catch (error) {
        failures.push(error);
        others.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(CALLS_AT_ONCE, chunks.length) }, worker));
  if (failures.length > 0) throw options.signal?.aborted ? options.signal.reason : failures[0];
}

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

const participant = z
  .object({
    addressType: text,
    address: text,
    // Page 1300 has no word for who may do neither: what page 1294 sets as 4 may come as 0.
    channelAttrib: coded({ 0: "none", 1: "listen", 2: "speak", 3: "both", 4: "none" }),
    channelState: coded({ 0: "connected", 1: "held", 2: "announcement" }),
    role: coded({ 0: "participant", 1: "chair" }),
    enterTime: epochMs,
  })
  .transform(
    (from): Participant => ({
      kind: kindOf(from.addressType) ?? "unknown",
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
