import { z } from "zod";
import { parseLosslessJson } from "./lossless-json.ts";
import { Fault } from "./refusal.ts";

/** What every answer is wrapped in. `message` is for people, in no fixed language, so it is left out. */
export interface Envelope {
  /** `0` for success. */
  readonly retcode: string;
  readonly result: unknown;
  readonly event: unknown;
}

export const SUCCESS = "0";

/** Text in the reference, a number on some gateways. It is told to clients, so only what a code can look like. */
const retcode = z.union([z.string().regex(/^[A-Za-z0-9._-]{1,32}$/), z.int().transform(String)]);

const envelope = z.object({ retcode, result: z.unknown().optional(), event: z.unknown().optional() });

export function parseEnvelope(text: string): Envelope {
  let json: unknown;
  try {
    json = parseLosslessJson(text);
  } catch {
    throw badResponse("NOT_JSON");
  }
  const parsed = envelope.safeParse(json);
  if (!parsed.success) throw badResponse("NO_ENVELOPE");
  return { retcode: parsed.data.retcode, result: parsed.data.result, event: parsed.data.event };
}

/** @param cause what is wrong, in a word; never a part of the answer. */
export const badResponse = (cause: string): Fault => new Fault("gateway-bad-response", { cause });

/** Old gateways send `""` where there is nothing to send, others `null`, or leave the field out. */
export const isNothing = (value: unknown): boolean => value === undefined || value === null || value === "";

/** An integer field, which some gateways send as its digits in text. */
export const integerField = z.union([
  z.int(),
  z
    .string()
    .regex(/^-?[0-9]{1,15}$/)
    .transform(Number),
]);
