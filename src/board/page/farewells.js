/** @import { End } from "./client/index.js" */

/** @type {Readonly<Record<string, string>>} */
const REASONS = {
  "signed-out": "You are signed out.",
  revoked: "This session was ended by its administration.",
  idle: "This session was not used for a long time and has ended.",
  "too-old": "This session has reached its greatest age. Please sign in again.",
  replaced: "This session was bound anew by its application.",
  "forced-out": "Somebody else has signed in as this agent.",
  "session-expired":
    "The gateway no longer takes this session: the agent has signed in somewhere else, or the gateway has ended it.",
  "agent-not-signed-in": "The agent is signed out at the gateway. Please sign in again.",
  "token-expired": "This session has reached its greatest age. Please sign in again.",
};

export const OTHER_FAREWELL = "The session has ended. Please sign in again.";

/** Why the board is left for the sign-in, as its user is told. @param {string | null} reason */
export const farewellOf = (reason) => REASONS[reason ?? ""] ?? OTHER_FAREWELL;

/**
 * What a watch that has ended means for the page.
 *
 * @param {End} end
 * @returns {{ to: "sign-in", text: string | null, told: boolean } | { to: "stop", text: string, brief: string }} `brief`: for
 *   the one line that is always in sight
 */
export function afterEnd({ why, reason, problem }) {
  if (why === "session-ended") return { to: "sign-in", text: farewellOf(reason), told: true };
  if (why === "token-expired") return { to: "sign-in", text: farewellOf("token-expired"), told: true };
  if (why === "replaced") {
    return {
      to: "stop",
      text: "This session has more boards open than it may. This one was the oldest and has stopped.",
      brief: "Newer boards have taken its place.",
    };
  }
  // Nobody was signed in here to begin with.
  if (problem?.code === "token-missing") return { to: "sign-in", text: null, told: false };
  if (problem?.endsSession) return { to: "sign-in", text: OTHER_FAREWELL, told: true };
  const title = problem?.title ?? "The service takes no such request";
  return { to: "stop", text: `${title}. Please reload the page.`, brief: `${title}.` };
}
