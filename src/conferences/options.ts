/** How often the gateway is asked for conferences, and who may share an answer. Times in ms. */
export interface ConferenceOptions {
  /** Between two refreshes of a list with listeners. */
  readonly streamIntervalMs: number;
  /** An answer up to this old may be given again; 0 shares only calls in flight. */
  readonly freshMs: number;
  /** `vdn`: inspectors of one VDN whose right the gateway confirmed within the last minute share one query. */
  readonly sharing: "agent" | "vdn";
  /** What a participant hears who is held, where the request names no file: a path of the platform. `null`: none. */
  readonly holdAnnouncement: string | null;
}
