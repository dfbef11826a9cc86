import { html } from "./lit-html/lit-html.js";

/** @import { Status } from "./status.js" */

/**
 * The line that is always in sight. It keeps its height whatever it says, so that nothing below it moves.
 *
 * @param {Status} status
 * @param {string} counts what is said where nothing is wrong
 */
export const statusView = ({ light, word, age, asOf, reason }, counts) => html`
  <p id="connection" data-state=${light} role="status"><span class="dot" aria-hidden="true"></span><span id="connection-text">${word}</span></p>
  <p class="age">${asOf === null ? age : html`<strong>${asOf}</strong>${age === "" ? "" : ` · ${age}`}`}</p>
  <p class="reason" title=${reason}>${reason || counts}</p>`;
