import { changesBetween, timeState } from "./changes.js";
import { showConferences } from "./conferences.js";
import { ask, byId, show, showMarked } from "./elements.js";
import { help, keepsCookies, session, signIn, signOut } from "./service.js";
import { SignInForm } from "./sign-in-form.js";
import { ConferenceStream } from "./stream.js";

const PASSWORD_DAYS_WORTH_SAYING = 14;

const COOKIE_LOST =
  "This browser does not keep the session cookie: it is taken only over https, or on this very machine by http in " +
  "browsers that allow it. Open the board over https, and allow cookies for this site.";

const FAREWELLS = {
  "signed-out": "You are signed out.",
  revoked: "This session was ended by its administration.",
  idle: "This session was not used for a long time and has ended.",
  "too-old": "This session has reached its greatest age. Please sign in again.",
  replaced: "This session was replaced by another one.",
  "forced-out": "Somebody else has signed in as this agent.",
  "session-expired": "The gateway has ended this session. Please sign in again.",
  "agent-not-signed-in": "The gateway has signed the agent out. Please sign in again.",
};
const OTHER_FAREWELL = "The session has ended. Please sign in again.";

const form = new SignInForm((credentials) => void enter(credentials));
let stream = null;
let shown = null;
let leaving = false;
/** Why the stream said that the session has ended while its user was leaving. */
let endedMeanwhile = null;

byId("sign-out").addEventListener("click", () => void leave());
// A page that comes back from the browser's history has lost its line.
addEventListener("pageshow", (event) => {
  if (event.persisted) void start();
});
void start();

async function start() {
  // The service saw whether the browser has a cookie: without one there is nothing to ask.
  if (document.documentElement.dataset.session === "none") return showSignIn(null);
  try {
    showBoard(await session());
  } catch (failure) {
    if (!failure.endsSession) return showSignIn(`${failure.title}. Please reload the page in a moment.`);
    showSignIn(failure.code === "token-missing" ? null : OTHER_FAREWELL);
  }
}

async function enter(credentials) {
  if (!keepsCookies()) return form.refuse(COOKIE_LOST);
  form.busy = true;
  try {
    const signedIn = await signInAskingToForce(credentials);
    if (signedIn === null) return;
    form.forgetPassword();
    const bound = await session().catch((failure) => {
      if (failure.endsSession) return null;
      throw failure;
    });
    if (bound === null) return form.refuse(COOKIE_LOST);
    showBoard({ ...signedIn, ...bound });
    byId("board-heading").focus();
  } catch (failure) {
    if (failure.code === "token-missing") {
      form.refuse(
        "On this installation sessions belong to another app: sign in there. The board is for installations whose " +
          "service issues sessions itself (TOKEN_SECRET).",
        { final: true },
      );
    } else form.fail(failure);
  } finally {
    form.busy = false;
  }
}

async function signInAskingToForce(credentials) {
  try {
    return await signIn(credentials, false);
  } catch (failure) {
    if (failure.code !== "agent-already-signed-in") throw failure;
  }
  const { agentId } = credentials;
  const yes = await ask(
    `Agent ${agentId} is signed in already`,
    "Somebody is signed in as this agent, perhaps you in another program. Sign the other one out? Your boards like " +
      "this one go on.",
    "Sign the other one out",
  );
  return yes ? signIn(credentials, true) : null;
}

async function leave(force = false) {
  const button = byId("sign-out");
  button.disabled = true;
  leaving = true;
  endedMeanwhile = null;
  if (byId("connection").dataset.state === "live") byId("trouble").hidden = true;
  try {
    await signOut(force);
    farewell("signed-out");
  } catch (failure) {
    if (failure.code === "agent-busy") {
      const yes = await ask(
        "The agent is in a call",
        "Signing out now ends the call for the agent.",
        "End the call and sign out",
      );
      if (yes) return await leave(true);
    } else if (failure.endsSession) farewell("signed-out");
    else if (failure.code === "session-store-unavailable") {
      farewell("signed-out", `${FAREWELLS["signed-out"]} The session itself ends by time: its store does not answer.`);
    } else if (endedMeanwhile !== null) farewell(endedMeanwhile);
    else announceTrouble(failure);
  } finally {
    leaving = false;
    button.disabled = false;
  }
}

function showSignIn(message) {
  byId("board").hidden = true;
  byId("who").hidden = true;
  byId("sign-in").hidden = false;
  document.title = "Sign in · Conference board";
  form.clear();
  show(byId("farewell"), message);
  if (message === null) form.focus();
  else byId("farewell").focus();
}

function showBoard(bound) {
  byId("sign-in").hidden = true;
  byId("board").hidden = false;
  byId("who").hidden = false;
  byId("conferences").replaceChildren();
  delete byId("conferences").dataset.shown;
  byId("empty").hidden = true;
  byId("waiting").hidden = false;
  byId("counts").textContent = "";
  shown = null;
  showAgent(bound);
  const days = bound.passwordDaysLeft;
  const soon = typeof days === "number" && days <= PASSWORD_DAYS_WORTH_SAYING;
  show(byId("password-days"), soon ? `The agent's password ends in ${days} days. Change it on the platform.` : null);
  stream?.close();
  stream = new ConferenceStream({ onList: showList, onState: showState, onSession: showAgent, onEnd: ended });
}

function showAgent({ agentId, vdnId, inspector }) {
  const parts = [`Agent ${agentId}`, ...(vdnId === null ? [] : [`VDN ${vdnId}`]), ...(inspector ? ["inspector"] : [])];
  byId("agent").textContent = parts.join(" · ");
}

function showList(conferences) {
  const people = conferences.reduce((sum, { participants }) => sum + participants.length, 0);
  const late = conferences.filter((conference) => timeState(conference) !== "fine").length;
  byId("waiting").hidden = true;
  byId("empty").hidden = conferences.length > 0;
  byId("counts").textContent =
    conferences.length === 0
      ? ""
      : [
          counted(conferences.length, "conference"),
          counted(people, "participant"),
          ...(late === 0 ? [] : [`${late} near or past the end`]),
        ].join(" · ");
  document.title = `${counted(conferences.length, "conference")} · Conference board`;
  const changes =
    shown === null ? [`${counted(conferences.length, "conference")}.`] : changesBetween(shown, conferences);
  shown = conferences;
  showConferences(byId("conferences"), conferences);
  if (changes.length > 0) byId("announcer").textContent = changes.join(" ");
}

const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

const STATES = { connecting: "Connecting", live: "Live", failing: "No list", reconnecting: "Reconnecting" };

function showState(state, failure = null) {
  const line = byId("connection");
  const before = line.dataset.state;
  line.dataset.state = state;
  const gatewayFails = state === "failing" && failure.code.startsWith("gateway-");
  byId("connection-text").textContent = gatewayFails ? "Gateway fails" : STATES[state];
  byId("board").classList.toggle("stale", state === "failing" || state === "reconnecting");
  if (state === "live") {
    byId("trouble").hidden = true;
    return;
  }
  // As long as it was live the list was right, whenever it last changed.
  if (before === "live") {
    byId("trouble-since").textContent = `The list is as of ${new Date().toLocaleTimeString()}.`;
  } else if (shown === null) byId("trouble-since").textContent = "";
  if (failure !== null) announceTrouble(failure);
}

/** What passes by itself needs no explanation for developers. */
const passes = (code) => /^(gateway-|no-answer|session-store-unavailable|rate-limited)/.test(code);

function announceTrouble({ code, title, retcode }) {
  const trouble = byId("trouble");
  trouble.dataset.code = code;
  trouble.hidden = false;
  byId("waiting").hidden = true;
  byId("announcer").textContent = `${title}.`;
  byId("trouble-title").textContent = title;
  byId("trouble-code").textContent = retcode === undefined ? "" : `(gateway code ${retcode})`;
  byId("trouble-help").textContent = passes(code) ? "The board goes on by itself as soon as it can." : "";
  if (passes(code)) return;
  void help(code).then(
    (text) => trouble.dataset.code === code && showMarked(byId("trouble-help"), text),
    () => undefined,
  );
}

function ended(reason) {
  if (leaving) endedMeanwhile = reason;
  else farewell(reason);
}

function farewell(reason, text = FAREWELLS[reason] ?? OTHER_FAREWELL) {
  stream?.close();
  stream = null;
  byId("announcer").textContent = "";
  byId("trouble").hidden = true;
  showSignIn(text);
}
