import { Alerts } from "./alerts.js";
import { alertsView } from "./alerts-view.js";
import { Announcer } from "./announcer.js";
import { createClient, isProblem } from "./client/index.js";
import { keepsCookies } from "./cookies.js";
import { farewellOf, OTHER_FAREWELL } from "./farewells.js";
import { render } from "./lit-html/lit-html.js";
import { ask, byId, openDialog, show } from "./page-elements.js";
import { Showing } from "./showing.js";
import { SignInForm } from "./sign-in-form.js";
import { Signs } from "./signs.js";
import { Watching } from "./watching.js";
import { timeZone } from "./words.js";

/**
 * @import { Session, SignedIn, SignIn } from "./client/index.js"
 * @import { About } from "./notices.js"
 */

const PASSWORD_DAYS_WORTH_SAYING = 14;

const COOKIE_LOST =
  "This browser does not keep the session cookie: it is taken only over https, or on this very machine by http in " +
  "browsers that allow it. Open the board over https, and allow cookies for this site.";

const ELSEWHERE = "On this installation sessions belong to another app: sign in there, and open the board from it.";
const ELSEWHERE_WHY =
  "The board has a sign-in of its own only where the service issues sessions itself: its operators set TOKEN_SECRET.";

const { dataset } = document.documentElement;
const client = createClient({ cookie: true });
const signs = new Signs();
const alerts = new Alerts(() => signs.mark());
const announcer = new Announcer();
announcer.silent = !alerts.settings.spoken;
const showing = new Showing({ alerts, announcer, signs });
const form = new SignInForm((credentials) => void enter(credentials));
/** @type {Watching | null} */
let watching = null;
let agentShown = "";
let leaving = false;
/** Why the stream said that the session has ended while its user was leaving. @type {string | null} */
let endedMeanwhile = null;

byId("zone").textContent = `Times of ${timeZone} ·`;
byId("sign-out").addEventListener("click", () => void leave());
byId("alerts-open").addEventListener("click", () => {
  drawAlerts(null);
  openDialog(/** @type {HTMLDialogElement} */ (byId("alerts")));
});
// The service saw whether the browser has a cookie: without one there is nothing to ask.
if (dataset.session === "none") showSignIn(null);
else showBoard(null);

/** @param {SignIn} credentials */
async function enter(credentials) {
  form.busy = true;
  try {
    const signedIn = await signInAskingToForce(credentials);
    if (signedIn === null) return;
    form.forgetPassword();
    const kept = await client.session().catch((error) => {
      if (isProblem(error) && error.endsSession) return null;
      throw error;
    });
    if (kept === null) return form.refuse(COOKIE_LOST);
    showBoard(signedIn);
    byId("board-heading").focus();
  } catch (error) {
    if (!isProblem(error)) throw error;
    if (error.code === "token-missing") form.leadElsewhere(ELSEWHERE, ELSEWHERE_WHY);
    else form.fail(error);
  } finally {
    form.busy = false;
  }
}

/** @param {SignIn} credentials */
async function signInAskingToForce(credentials) {
  try {
    return await client.signIn(credentials);
  } catch (error) {
    if (!isProblem(error, "agent-already-signed-in")) throw error;
  }
  const yes = await ask(
    `Agent ${credentials.agentId} is signed in already`,
    "Somebody is signed in as this agent, perhaps you in another program. Sign the other one out? Your boards like " +
      "this one go on.",
    "Sign the other one out",
  );
  return yes ? client.signIn({ ...credentials, force: true }) : null;
}

async function leave(force = false) {
  if (leaving) return;
  leaving = true;
  endedMeanwhile = null;
  showing.note("sign-out", null);
  byId("sign-out").setAttribute("aria-disabled", "true");
  let again = false;
  try {
    await client.signOut({ force });
    farewell("signed-out");
  } catch (error) {
    if (!isProblem(error)) throw error;
    if (error.code === "agent-busy") {
      again = await ask(
        "The agent is in a call",
        "Signing out now ends the call for the agent.",
        "End the call and sign out",
      );
    } else if (error.endsSession) farewell("signed-out");
    else if (error.code === "session-store-unavailable") {
      farewell("signed-out", `${farewellOf("signed-out")} The session itself ends by time: its store does not answer.`);
    } else if (endedMeanwhile !== null) farewell(endedMeanwhile);
    else
      showing.note("sign-out", {
        kind: "bad",
        title: `Not signed out: ${error.title}.`,
        text: "Please try again.",
        action: { words: "Hide", act: () => hide("sign-out") },
      });
  } finally {
    leaving = false;
    byId("sign-out").removeAttribute("aria-disabled");
  }
  if (again) await leave(true);
}

/** @param {string | null} message */
function showSignIn(message) {
  watching?.close();
  watching = null;
  announcer.clear();
  for (const id of ["board", "who", "status"]) byId(id).hidden = true;
  byId("sign-in").hidden = false;
  signs.signIn();
  form.clear();
  show(byId("farewell"), message);
  // Before anything is typed in: where nothing that could be typed in would help.
  if (dataset.signIn === "elsewhere") form.leadElsewhere(ELSEWHERE, ELSEWHERE_WHY);
  else if (!keepsCookies()) form.refuse(COOKIE_LOST, { final: true });
  if (message === null) form.focus();
  else byId("farewell").focus();
}

/** @param {SignedIn | null} signedIn null: there may be a session, by the cookie */
function showBoard(signedIn) {
  byId("sign-in").hidden = true;
  for (const id of ["board", "who", "status"]) byId(id).hidden = false;
  byId("agent").textContent = "";
  agentShown = "";
  showing.begin();
  watching?.close();
  watching = new Watching(client, showing, { onSession: bound, onEnd: ended });
  if (signedIn === null) return;
  showAgent(signedIn);
  const days = signedIn.passwordDaysLeft;
  if (days === null || days > PASSWORD_DAYS_WORTH_SAYING) return;
  showing.note("password", {
    kind: "warn",
    title: `The agent's password ends in ${days} days.`,
    text: "Change it on the platform.",
    action: { words: "Hide", act: () => hide("password") },
  });
}

/** The button that was pressed is gone then: the focus goes to what stands there. @param {About} about */
function hide(about) {
  showing.note(about, null);
  byId("board-heading").focus();
}

/** @param {Pick<Session, "agentId" | "vdnId" | "inspector">} session */
function showAgent({ agentId, vdnId, inspector }) {
  const more = document.createElement("span");
  more.textContent = [...(vdnId === null ? [] : [` · VDN ${vdnId}`]), ...(inspector ? [" · inspector"] : [])].join("");
  byId("agent").replaceChildren(`Agent ${agentId}`, more);
  showing.ownAgent = agentId;
  agentShown = agentId;
}

/** The cookie is all tabs': another one may have signed another agent in while this one heard nothing. @param {Session} session */
function bound(session) {
  const another = agentShown !== "" && agentShown !== session.agentId;
  if (another) showBoard(null);
  showAgent(session);
  if (!another) return;
  showing.note("agent", {
    kind: "warn",
    title: `This browser is signed in as agent ${session.agentId} now.`,
    text: "Another tab has signed the agent in.",
    action: { words: "Hide", act: () => hide("agent") },
  });
}

/** @param {string | null} reason @param {string | null} text */
function ended(reason, text) {
  if (leaving) endedMeanwhile = reason ?? "";
  else if (text === null) showSignIn(null);
  else farewell(reason, text);
}

/** @param {string | null} reason @param {string} [text] */
function farewell(reason, text = farewellOf(reason)) {
  if (reason !== "signed-out") alerts.tell("session", text);
  showSignIn(text === "" ? OTHER_FAREWELL : text);
}

/** @param {string | null} refused */
function drawAlerts(refused) {
  const view = alertsView(
    alerts.settings,
    refused,
    async (way, on) => {
      const granted = await alerts.choose(way, on);
      drawAlerts(on && !granted ? "The browser does not allow notifications for this page." : null);
    },
    (occasion, on) => {
      alerts.chooseOccasion(occasion, on);
      announcer.silent = !alerts.settings.spoken;
      drawAlerts(null);
    },
  );
  render(view, byId("alerts"));
}
