import { keep, kept } from "./remembered.js";

const KEPT = "conference-board-alerts";

/** What somebody may want to be told of. */
export const OCCASIONS = {
  over: "a conference passes its booked time",
  held: "somebody has been on hold for 5 minutes",
  own: "you join a conference",
  ended: "a conference ends",
  session: "this session ends",
};

export const WAYS = {
  sound: "Play a sound",
  desktop: "Show a desktop notification",
  title: "Count in the tab's title while it is out of sight",
};

/** @typedef {keyof typeof OCCASIONS} Occasion */
/** @typedef {keyof typeof WAYS} Way */
/** @typedef {{ ways: Record<Way, boolean>, occasions: Record<Occasion, boolean>, spoken: boolean }} AlertSettings */

/** Tells who has asked for it. Nothing is on by itself. */
export class Alerts {
  /** @type {AlertSettings} */
  settings;
  #onTitle;
  /** @type {AudioContext | null} */
  #audio = null;

  /** @param {() => void} onTitle marks the title */
  constructor(onTitle) {
    this.#onTitle = onTitle;
    this.settings = keptSettings();
    // A browser lets a page sound only once its user has done something on it.
    const wake = () => {
      if (this.settings.ways.sound) void this.#sounding().resume();
    };
    addEventListener("pointerdown", wake, { once: true });
    addEventListener("keydown", wake, { once: true });
  }

  /**
   * @param {Way} way
   * @param {boolean} on
   * @returns {Promise<boolean>} whether it is on now: the browser may refuse
   */
  async choose(way, on) {
    const granted = on && way === "desktop" ? await mayNotify() : on;
    this.settings.ways[way] = granted;
    this.#keep();
    if (granted && way === "sound") this.#sound();
    return granted;
  }

  /** @param {Occasion | "spoken"} what @param {boolean} on */
  chooseOccasion(what, on) {
    if (what === "spoken") this.settings.spoken = on;
    else this.settings.occasions[what] = on;
    this.#keep();
  }

  /** @param {Occasion} occasion @param {string} text */
  tell(occasion, text) {
    const { ways, occasions } = this.settings;
    if (!occasions[occasion]) return;
    if (ways.title) this.#onTitle();
    if (ways.sound) this.#sound();
    // Who looks at the page sees it there.
    if (ways.desktop && !document.hasFocus() && globalThis.Notification?.permission === "granted") {
      notify(text);
    }
  }

  #keep() {
    keep(KEPT, JSON.stringify(this.settings));
  }

  #sounding() {
    this.#audio ??= new AudioContext();
    return this.#audio;
  }

  /** Two short tones. */
  #sound() {
    const audio = this.#sounding();
    void audio.resume();
    for (const [begin, frequency] of /** @type {const} */ ([
      [0, 660],
      [0.18, 880],
    ])) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      const at = audio.currentTime + begin;
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0.0001, at);
      volume.gain.exponentialRampToValueAtTime(0.2, at + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.16);
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.18);
    }
  }
}

async function mayNotify() {
  if (!("Notification" in globalThis)) return false;
  return (await Notification.requestPermission()) === "granted" && notify("Notifications look like this.");
}

/** @param {string} text @returns {boolean} whether the browser makes any: on Android it allows them, and no page makes them */
function notify(text) {
  try {
    return Boolean(new Notification("Conference board", { body: text, tag: text }));
  } catch {
    return false;
  }
}

/** @returns {AlertSettings} */
function keptSettings() {
  /** @type {AlertSettings} */
  const settings = {
    ways: { sound: false, desktop: false, title: false },
    occasions: { over: true, held: true, own: true, ended: true, session: true },
    spoken: true,
  };
  try {
    const before = JSON.parse(kept(KEPT) ?? "{}");
    for (const name of /** @type {const} */ (["ways", "occasions"])) {
      const known = /** @type {Record<string, boolean>} */ (settings[name]);
      for (const one of Object.keys(known))
        if (typeof before[name]?.[one] === "boolean") known[one] = before[name][one];
    }
    if (typeof before.spoken === "boolean") settings.spoken = before.spoken;
  } catch {
    // As if there were none.
  }
  return settings;
}
