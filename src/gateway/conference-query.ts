import type { Calls, Credential } from "./call.ts";
import { parseConferenceDetails } from "./conference-details.ts";
import type { CallOptions, ConferenceDetails } from "./gateway.ts";
import type { ConferenceId } from "./identifiers.ts";
import { Refusal } from "./refusal.ts";

/** Page 1300: more ids in one call are a parameter error. */
const IDS_A_CALL = 20;
const CALLS_AT_ONCE = 4;

const NO_CONFERENCE = "101-001";
const BAD_PARAMETER = "000-002";

/**
 * `queryconfinfos` (1300) in chunks, in the order of the ids asked for.
 *
 * How the gateway answers for an id whose conference has ended is not documented: it may leave it out, or refuse the
 * whole call as a wrong parameter or an agent without a conference. A refused chunk is therefore halved down to the
 * single id, which then counts as ended. Only if every one of several ids is a wrong parameter, it is not the ids.
 */
export async function conferenceDetails(
  calls: Calls,
  credential: Credential,
  ids: readonly ConferenceId[],
  options: CallOptions,
): Promise<ConferenceDetails[]> {
  const wanted = [...new Set(ids)];
  const found = new Map<ConferenceId, ConferenceDetails>();
  const ended: Refusal[] = [];

  async function ask(chunk: readonly ConferenceId[], chunkOptions: CallOptions): Promise<void> {
    try {
      const answer = await calls.read(
        {
          operation: "conference-details",
          method: "POST",
          path: `/agentconf/${credential.agentId}/queryconfinfos`,
          // The ids are written as the bare digits that they are: JSON.stringify takes no number past 2^53.
          body: `{"confIds":[${chunk.join(",")}]}`,
          parse: ({ result }) => parseConferenceDetails(result),
        },
        credential,
        chunkOptions,
      );
      for (const [id, details] of answer) found.set(id, details);
    } catch (error) {
      if (!isAboutIds(error)) throw error;
      if (chunk.length === 1) {
        ended.push(error);
        return;
      }
      const middle = Math.ceil(chunk.length / 2);
      await ask(chunk.slice(0, middle), chunkOptions);
      await ask(chunk.slice(middle), chunkOptions);
    }
  }

  await inParallel(chunksOf(wanted), options, ask);
  const [first] = ended;
  if (first && wanted.length > 1 && ended.length === wanted.length && ended.every(isBadParameter)) throw first;
  return wanted.flatMap((id) => found.get(id) ?? []);
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
