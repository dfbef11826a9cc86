import type { Settings } from "../settings.ts";
import type { Conferences } from "./conferences.ts";

/** The ids of each VDN's conferences as JSON text, kept until one comes or goes: what load tests ask for most. */
export class IdLists {
  readonly #settings: Settings;
  readonly #conferences: Conferences;
  readonly #texts = new Map<string, string>();
  #version = -1;

  constructor(settings: Settings, conferences: Conferences) {
    this.#settings = settings;
    this.#conferences = conferences;
  }

  text(vdnId: number): string {
    if (this.#version !== this.#conferences.version) {
      this.#texts.clear();
      this.#version = this.#conferences.version;
    }
    const quote = this.#settings.confIdsAs === "text" ? '"' : "";
    const key = `${vdnId}${quote}`;
    let text = this.#texts.get(key);
    if (text === undefined) {
      const ids = this.#conferences.list(vdnId).map(({ id }) => `${quote}${id}${quote}`);
      text = ids.join(",");
      this.#texts.set(key, text);
    }
    return text;
  }
}
