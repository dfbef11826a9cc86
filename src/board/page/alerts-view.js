import { OCCASIONS, WAYS } from "./alerts.js";
import { live } from "./lit-html/directives/live.js";
import { html, nothing } from "./lit-html/lit-html.js";

/**
 * @import { AlertSettings, Occasion, Way } from "./alerts.js"
 */

/**
 * @param {AlertSettings} settings
 * @param {string | null} refused what the browser does not allow
 * @param {(way: Way, on: boolean) => void} onWay
 * @param {(occasion: Occasion | "spoken", on: boolean) => void} onOccasion
 */
export const alertsView = (settings, refused, onWay, onOccasion) => html`
  <form method="dialog">
    <h2 id="alerts-title">Alerts</h2>
    <fieldset>
      <legend>How</legend>
      ${entries(WAYS).map(([way, words]) => choiceView(way, words, settings.ways[way], (on) => onWay(way, on)))}
      ${refused === null ? nothing : html`<p class="mistake" role="alert">${refused}</p>`}
    </fieldset>
    <fieldset>
      <legend>When</legend>
      ${entries(OCCASIONS).map(([occasion, words]) => choiceView(occasion, words, settings.occasions[occasion], (on) => onOccasion(occasion, on)))}
    </fieldset>
    <fieldset>
      <legend>Screen reader</legend>
      ${choiceView("spoken", "Say what changes, gathered, every 10 seconds at most", settings.spoken, (on) => onOccasion("spoken", on))}
    </fieldset>
    <div class="choices"><button type="submit" id="alerts-close">Done</button></div>
  </form>`;

/** @param {string} name @param {string} words @param {boolean} on @param {(on: boolean) => void} onChange */
const choiceView = (name, words, on, onChange) => html`
  <label class="choice">
    <input type="checkbox" name=${name} .checked=${live(on)} @change=${(/** @type {Event} */ event) => onChange(/** @type {HTMLInputElement} */ (event.target).checked)} />
    ${words}
  </label>`;

/**
 * @template {string} Name
 * @param {Readonly<Record<Name, string>>} table
 * @returns {[Name, string][]}
 */
const entries = (table) => /** @type {[Name, string][]} */ (Object.entries(table));
