import { nameOf } from "./changes.js";
import { choiceOf, fragmentOf } from "./choice.js";
import { feedView } from "./feed-view.js";
import { listView } from "./list-view.js";
import { render } from "./lit-html/lit-html.js";
import { Notices } from "./notices.js";
import { Overview } from "./overview.js";
import { Packing } from "./packing.js";
import { byId } from "./page-elements.js";
import { keep, kept } from "./remembered.js";
import { statusView } from "./status-view.js";
import { counted, timeWithSeconds } from "./words.js";

/**
 * @import { Conference } from "./client/index.js"
 * @import { Alerts } from "./alerts.js"
 * @import { Announcer } from "./announcer.js"
 * @import { Change } from "./changes.js"
 * @import { Choice } from "./choice.js"
 * @import { About, Notice } from "./notices.js"
 * @import { Signs } from "./signs.js"
 * @import { Status } from "./status.js"
 */

const LONG_HOLD_MS = 5 * 60_000;
const VIEW = "conference-board-view";
const FEED = "conference-board-feed";
/** From this width on there is room for the feed beside the conferences. */
const WIDE = matchMedia("(min-width: 75rem)");

/** @type {Status} */
const CONNECTING = { light: "wait", word: "Connecting", age: "", asOf: null, reason: "" };

/** What stands on the board: it keeps the last list, its reader's choice and the state, and draws them. */
export class Showing {
  #announcer;
  #alerts;
  #signs;
  #overview = new Overview();
  #packing = new Packing();
  #choice = choiceOf(location.hash, kept(VIEW) === "table" ? "table" : "cards");
  #feedOpen = WIDE.matches && kept(FEED) !== "closed";
  /** @type {Set<string>} */
  #unfolded = new Set();
  #status = CONNECTING;
  #notices = new Notices();
  #ownAgent = "";
  /** The service's clock, less the monotonic one. */
  #ahead = Date.now() - performance.now();
  #drawn = 0;

  /** @param {{ announcer: Announcer, alerts: Alerts, signs: Signs }} parts */
  constructor({ announcer, alerts, signs }) {
    this.#announcer = announcer;
    this.#alerts = alerts;
    this.#signs = signs;
    addEventListener("hashchange", () => {
      this.#choice = choiceOf(location.hash, this.#choice.view);
      this.#draw();
    });
    addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** A new session: nothing of another one stays. */
  begin() {
    this.#overview = new Overview();
    this.#unfolded.clear();
    this.#ownAgent = "";
    this.#status = CONNECTING;
    this.#notices = new Notices();
    this.#announcer.clear();
    this.#draw();
  }

  /** @param {string} agentId */
  set ownAgent(agentId) {
    if (agentId === this.#ownAgent) return;
    this.#ownAgent = agentId;
    this.#draw();
  }

  /** What is said instead of a list, or above it. @param {About} about @param {Notice | null} notice */
  note(about, notice) {
    if (this.#notices.note(about, notice)) this.#draw();
  }

  /** Whether no list has come yet. */
  get waits() {
    return this.#overview.list === null;
  }

  get serviceNow() {
    return performance.now() + this.#ahead;
  }

  /** @param {string} at the service's clock, now */
  hearTime(at) {
    this.#ahead = Date.parse(at) - performance.now();
  }

  /** @param {readonly Conference[]} list */
  showList(list) {
    const first = this.#overview.list === null;
    const changes = this.#overview.show(list, performance.now(), this.serviceNow);
    this.#draw();
    if (first) this.#announcer.say([`${list.length} ${list.length === 1 ? "conference" : "conferences"}.`]);
    else this.#announcer.say(changes.map(({ text }) => text));
    for (const change of changes) this.#alert(change, list);
  }

  /** @param {Change} change @param {readonly Conference[]} list */
  #alert({ kind, id, who, text }, list) {
    if (kind === "over" || kind === "ended") return this.#alerts.tell(kind, text);
    const came = list.find((conference) => conference.id === id)?.participants ?? [];
    const own = came.find((one) => one.kind === "agent" && one.address === this.#ownAgent);
    if (own === undefined) return;
    if (kind === "came" || (kind === "joined" && text.startsWith(`${nameOf(own)} `) && who !== null)) {
      this.#alerts.tell("own", `You are in conference ${id}.`);
    }
  }

  /** @param {Status} status */
  showStatus(status) {
    const before = this.#status;
    this.#status = status;
    const { list } = this.#overview;
    render(statusView(status, list === null ? "" : countsOf(list)), byId("status"));
    this.#signs.show(status, list?.length ?? null);
    if (before.light !== status.light || before.asOf !== status.asOf) this.#draw();
  }

  /** The browser stops the page: what it says about itself has to stay true meanwhile. */
  pause() {
    const { asOf } = this.#status;
    this.showStatus({
      light: "stale",
      word: "Paused",
      age: "",
      asOf: asOf ?? `as of ${timeWithSeconds(this.serviceNow)}`,
      reason: "",
    });
  }

  /** Nothing more comes, for a reason that only the reader can do something about. @param {{ text: string, brief: string }} why @param {() => void} go */
  stop({ text, brief }, go) {
    const asOf = this.#status.asOf ?? `as of ${timeWithSeconds(this.serviceNow)}`;
    this.showStatus({ light: "stale", word: "Stopped", age: "", asOf, reason: brief });
    this.note("list", { kind: "bad", title: text, action: { words: "Go on here", act: go } });
  }

  /** Every second: what changes by the time alone. */
  tick() {
    const now = performance.now();
    const gone = this.#overview.forget(now);
    const longHolds = this.#overview.longHolds(now, LONG_HOLD_MS);
    for (const text of longHolds) this.#alerts.tell("held", text);
    if (gone || (this.#overview.anybodyHeld && now - this.#drawn > 5_000)) this.#draw();
  }

  #draw() {
    const now = performance.now();
    this.#drawn = now;
    const board = byId("board");
    board.dataset.light = this.#status.light;
    board.toggleAttribute("data-feed", this.#feedOpen);
    const entries = this.#overview.entries(now);
    render(
      listView({
        entries,
        list: this.#overview.list,
        choice: this.#choice,
        notices: this.#notices,
        asOf: this.#status.asOf,
        feedOpen: this.#feedOpen,
        page: {
          now,
          serviceNow: this.serviceNow,
          ownAgent: this.#ownAgent,
          unfolded: this.#unfolded,
          onFold: (id) => this.#fold(id),
          isMarked: (id, participant) => this.#overview.isParticipantMarked(id, participant, now),
          held: (id, participant) => this.#overview.held(id, participant),
        },
        onChoose: (change) => this.#choose(change),
        onFeed: () => this.#toggleFeed(),
      }),
      byId("overview"),
    );
    const feed = byId("feed");
    feed.hidden = !this.#feedOpen;
    const there = new Set(entries.map(({ conference }) => conference.id));
    const page = {
      waits: this.waits,
      onGo: (/** @type {string} */ id) => this.#goTo(id),
      onClose: () => this.#toggleFeed(),
    };
    render(this.#feedOpen ? feedView(this.#overview.feed, there, page) : null, feed);
    this.#packing.pack(document.querySelector(".cards"));
  }

  /** @param {Partial<Choice>} change */
  #choose(change) {
    this.#choice = { ...this.#choice, ...change };
    if (change.view !== undefined) keep(VIEW, change.view);
    history.replaceState(null, "", fragmentOf(this.#choice) || location.pathname + location.search);
    this.#draw();
  }

  /** @param {string} id */
  #fold(id) {
    if (!this.#unfolded.delete(id)) this.#unfolded.add(id);
    this.#draw();
  }

  #toggleFeed() {
    this.#feedOpen = !this.#feedOpen;
    keep(FEED, this.#feedOpen ? "open" : "closed");
    this.#draw();
    // Where there is no room beside the conferences it lies over them.
    if (!WIDE.matches) byId(this.#feedOpen ? "feed-heading" : "feed-open").focus();
  }

  /** @param {string} id */
  #goTo(id) {
    if (!WIDE.matches) this.#toggleFeed();
    if (document.getElementById(`conference-${id}`) === null) this.#choose({ filters: [], text: "" });
    const heading = document.getElementById(`conference-${id}`);
    heading?.closest(".conference")?.scrollIntoView({ block: "center" });
    heading?.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const search = document.getElementById("search");
    if (search === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target instanceof Element && event.target.matches("input, select, textarea, dialog *");
    if (event.key === "/" && !typing) {
      event.preventDefault();
      search.focus();
    }
    if (event.key === "Escape" && event.target === search) this.#choose({ text: "" });
  }
}

/** @param {readonly Conference[]} list */
function countsOf(list) {
  const people = list.reduce((sum, { participants }) => sum + participants.length, 0);
  return `${counted(list.length, "conference")} · ${counted(people, "participant")}`;
}
