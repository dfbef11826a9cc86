import { integer } from "../forms/form.ts";
import { sealingKeys, storePrefix, storeUrl } from "../forms/store.ts";
import type { Setting } from "./setting.ts";

/** 24 days: a timer holds 2^31 - 1 ms at most, and fires at once when given more. */
const LONGEST_MS = 24 * 24 * 3_600_000;

export const sessionsSettings = {
  SESSION_STORE_URL: {
    group: "Sessions",
    form: storeUrl,
    secret: true,
    meaning: "Where sessions live: in memory, in an sqlite file of this process alone, or in Redis or Valkey.",
  },
  SESSION_STORE_PREFIX: {
    group: "Sessions",
    form: storePrefix,
    meaning:
      "Begins every key and channel in Redis or Valkey, which several installations may then share. Another one finds none of the sessions that are there.",
  },
  SESSION_KEYS: {
    group: "Sessions",
    form: sealingKeys,
    optional: true,
    secret: true,
    meaning:
      "Keys that seal Guids and gateway cookies at rest. Not set: generated beside the sqlite file; required with Redis. Made with `openssl rand -base64 32`.",
    example: "",
  },
  SESSION_IDLE_MS: {
    group: "Sessions",
    form: integer(1, LONGEST_MS),
    meaning: "A session that is not used for so long ends, in ms; at most `SESSION_MAX_MS`.",
  },
  SESSION_MAX_MS: {
    group: "Sessions",
    form: integer(1, LONGEST_MS),
    meaning: "A session older than this ends, in ms.",
  },
  KEEP_ALIVE_INTERVAL_MS: {
    group: "Sessions",
    form: integer(1, 60_000),
    meaning: "Pause between two event polls of an agent, in ms; the gateway's reference asks for 200 to 500.",
  },
} as const satisfies Record<string, Setting>;
