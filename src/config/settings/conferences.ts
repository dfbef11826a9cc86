import { integer, oneOf } from "../forms/form.ts";
import type { Setting } from "./setting.ts";

export const conferencesSettings = {
  CONFERENCE_STREAM_INTERVAL_MS: {
    group: "Conferences",
    form: integer(10, 3_600_000),
    meaning: "How often a list with listeners is refreshed, in ms.",
  },
  CONFERENCE_FRESH_MS: {
    group: "Conferences",
    form: integer(0, 60_000),
    meaning: "An answer up to this old may be given again, with `Age`, in ms; 0 shares only calls in flight.",
  },
  CONFERENCE_SHARING: {
    group: "Conferences",
    form: oneOf(["agent", "vdn"]),
    meaning:
      "`vdn`: inspectors of one VDN whose right the gateway confirmed within the last minute share one query; sessions bound by a backend never do.",
  },
} as const satisfies Record<string, Setting>;
