import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { type Simulator, startSimulator } from "../../simulator/index.ts";
import { Device } from "../support/device.ts";
import { appToken, inspector, startTestService, type TestService } from "../support/service.ts";
import { type Board, fillIn, launchBrowser, OTHER_MACHINE, openBoard, SharedPage, sees, signIn } from "./browser.ts";

const environment = { CONFERENCE_STREAM_INTERVAL_MS: "250" };

let browser: Browser;
let simulator: Simulator;
let service: TestService;
let shared: SharedPage;
let board: Board;
let page: Page;

before(async () => {
  [browser, simulator] = await Promise.all([launchBrowser(), startSimulator({ pollHoldMs: 500 })]);
  service = await startTestService(simulator.url, { environment });
  shared = new SharedPage(browser);
});
after(async () => {
  await browser?.close();
  await service?.close();
  await simulator?.close();
});
beforeEach(async () => {
  simulator.control.reset();
  board = await shared.open(service.url);
  page = board.page;
});

const host = () => new URL(service.url).host;
const conference = (id: string, of: Page = page) => of.locator(`.conference[data-key="${id}"]`);
const shownIds = () => page.locator(".conference h2").allTextContents();

/** A failed request is an error in the browser's console, whatever the page makes of it. */
const unexpected = (...expected: number[]) =>
  board.complaints.filter((text) => !expected.some((status) => text.includes(`responded with a status of ${status}`)));

test("an inspector signs in and sees the conferences of the VDN, and nothing is asked of another host", async () => {
  await sees(page, "Sign in");
  await signIn(page);
  assert.deepEqual(await shownIds(), ["Conference 1029888", "Conference 355840", "Conference 9007199254740993"]);
  await sees(page, "Agent 1201 · VDN 1 · inspector");
  await sees(page, "3 conferences · 7 participants");
  const card = conference("1029888");
  await sees(page, "4 min of 30 min");
  await sees(page, /^26 min left$/);
  assert.deepEqual(await card.locator(".address").allTextContents(), ["1253", "70006", "70007"]);
  assert.deepEqual(await card.locator(".badge").allTextContents(), ["Chair", "listens only", "On hold"]);
  assert.equal(await card.locator("progress").getAttribute("value"), "4");
  assert.equal(await card.locator("progress").getAttribute("aria-label"), "Time used by conference 1029888");
  assert.equal(await card.locator("progress").getAttribute("aria-valuetext"), "4 min of 30 min, 26 min left");
  assert.deepEqual(await conference("9007199254740993").locator(".badge").allTextContents(), ["Announcement", "Chair"]);
  assert.equal(await page.title(), "3 conferences · Conference board");
  assert.deepEqual([...board.hosts], [host()]);
  assert.deepEqual(unexpected(), []);
});

test("what changes at the gateway is seen and said without a reload", async () => {
  await signIn(page);
  const { control } = simulator;
  const { id } = control.startConference({ bookedMinutes: 60, participants: [{ address: "1254" }] });
  await conference(id).waitFor();
  await sees(page, `Conference ${id} has started.`);
  control.join(id, { address: "70099", kind: "phone" });
  await conference(id).getByText("70099").waitFor();
  control.changeParticipant(id, "70099", { state: 1, chair: true });
  await conference(id).getByText("On hold").waitFor();
  assert.deepEqual(await conference(id).locator(".participant:has(.chair) .address").allTextContents(), ["70099"]);
  control.changeConference("355840", { bookedMinutes: 32 });
  await sees(page, /^3 min left$/);
  assert.equal(await page.locator("[data-filter=ending] b").textContent(), "1");
  assert.equal(await conference("355840").getAttribute("data-time"), "ending");
  control.changeConference("355840", { bookedMinutes: 20 });
  await sees(page, /^0:09 h over$/);
  control.join(id, { address: "70098", kind: "phone" });
  await conference(id).getByText("70098").waitFor();
  control.leave(id, "70098");
  await sees(page, `Phone 70098 left conference ${id}.`);
  control.endConference(id);
  await conference(id).and(page.locator("[data-ended]")).waitFor();
  assert.deepEqual(unexpected(), []);
});

test("a change at the gateway is on the screen within one interval and 200 ms", async () => {
  await signIn(page);
  // The page writes down itself when it has drawn what: asking for it again and again would be part of what is measured.
  await page.evaluate(`globalThis.drawn = {}; new MutationObserver(() => {
    for (const { dataset } of document.querySelectorAll(".conference")) drawn[dataset.key] ??= Date.now();
  }).observe(document.getElementById("overview"), { childList: true, subtree: true })`);
  const interval = Number(environment.CONFERENCE_STREAM_INTERVAL_MS);
  const took: number[] = [];
  for (let round = 0; round < 10; round++) {
    // Wherever in the interval the change falls.
    await wait((interval * round) / 10);
    const begun = Date.now();
    const { id } = simulator.control.startConference({ participants: [{ address: "1254" }] });
    await conference(id).waitFor();
    took.push(((await page.evaluate(`drawn[${id}]`)) as number) - begun);
  }
  assert.ok(Math.max(...took) < interval + 200, took.join());
});

test("what stays on the board keeps its place in the page while other things change", async () => {
  await signIn(page);
  const kept = await conference("1029888").elementHandle();
  simulator.control.startConference({ bookedMinutes: 5, participants: [{ address: "1254" }] });
  simulator.control.join("1029888", { address: "70098", kind: "phone" });
  await conference("1029888").getByText("70098").waitFor();
  assert.equal(await kept?.evaluate((element: unknown) => (element as { isConnected: boolean }).isConnected), true);
});

test("a failing gateway is shown with the problem's title and its code, and recovers by itself", async () => {
  await signIn(page);
  const fault = simulator.control.addFault({ kind: "retcode", retcode: "100-007", on: "/agentconf/*" });
  await sees(page, /^Gateway fails$/);
  await sees(page, "The gateway reported an error (code 100-007).");
  assert.equal(await conference("355840").isVisible(), true);
  fault.clear();
  await sees(page, /^Live$/);
  assert.deepEqual(unexpected(), []);
});

test("an agent who is no inspector is told so", async () => {
  await fillIn(page, { agentId: "1202", password: "secret-1202" });
  await sees(page, "The agent is not an inspector");
  await sees(page, /The role is set on the platform/);
  await sees(page, /^No list$/);
});

test("signing out ends the session in every tab, and a reload does not bring it back", async () => {
  await signIn(page);
  const second = await board.another();
  await sees(second, /^Live$/);
  await page.click("#sign-out");
  await sees(page, "You are signed out.");
  await sees(second, "You are signed out.");
  assert.equal(simulator.control.agent("1201").signedIn, false);
  assert.deepEqual(await page.context().cookies(), []);
  await page.reload();
  await sees(page, "Sign in");
  assert.deepEqual(unexpected(), []);
});

test("a reload keeps the session", async () => {
  await signIn(page);
  await page.reload();
  await conference("355840").waitFor();
  assert.equal(await page.locator("#sign-in").isVisible(), false);
  assert.deepEqual(unexpected(), []);
});

test("everything can be done with the keyboard, and the focus is where the reader is", async () => {
  const focus = () => page.evaluate("document.activeElement.id");
  await page.waitForFunction("document.activeElement.id === 'agentId'");
  await page.keyboard.type("1201");
  await page.keyboard.press("Tab");
  await page.keyboard.type("secret-1201");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await sees(page, "This is needed.");
  assert.equal(await focus(), "phoneNumber");
  await page.keyboard.type("40038");
  await page.keyboard.press("Enter");
  await sees(page, /^Live$/);
  assert.equal(await focus(), "board-heading");
  await page.focus("#sign-out");
  await page.keyboard.press("Enter");
  await sees(page, "You are signed out.");
  assert.equal(await focus(), "farewell");
});

test("a wrong password is said, forgotten, and asked for again", async () => {
  await fillIn(page, { password: "wrong" });
  await sees(page, /^Wrong agent or password\. \(gateway code 100-004\)$/);
  assert.equal(await page.inputValue("#password"), "");
  assert.equal(await page.evaluate("document.activeElement.id"), "password");
  assert.ok(!page.url().includes("wrong"));
  assert.deepEqual(unexpected(401), []);
});

test("a mistake is shown at its field", async () => {
  await fillIn(page, { agentId: "7", phoneNumber: "+49" });
  await sees(page, "This must be an agent id, 101 to 999999.");
  await sees(page, "This must be 1 to 24 digits.");
  assert.equal(await page.getAttribute("#agentId", "aria-invalid"), "true");
});

test("an agent signed in elsewhere is only signed out there after the user's yes", async () => {
  const before = simulator.control.signIn("1201").guid;
  await fillIn(page);
  await sees(page, "Agent 1201 is signed in already");
  await page.keyboard.press("Escape");
  assert.equal(simulator.control.agent("1201").guid, before);
  await fillIn(page);
  await page.click("#ask-yes");
  await sees(page, /^Live$/);
  assert.notEqual(simulator.control.agent("1201").guid, before);
  assert.deepEqual(unexpected(409), []);
});

test("a second board of the same agent takes over at the gateway, and both go on", async () => {
  await signIn(page);
  const second = await openBoard(browser, service.url);
  await fillIn(second.page);
  await second.page.click("#ask-yes");
  await sees(second.page, /^Live$/);
  const { id } = simulator.control.startConference({});
  await conference(id, second.page).waitFor();
  await conference(id).waitFor();
  await second.page.context().close();
});

test("who is pushed out by somebody else is told why and can sign in again", async () => {
  await signIn(page);
  const answer = await new Device(service.url, { sub: "somebody-else" }).signIn({ force: true });
  assert.equal(answer.status, 201);
  await sees(page, "Somebody else has signed in as this agent.");
  assert.equal(await page.locator("#sign-in-form").isVisible(), true);
});

test("the gateway's end of the session leads back to the sign-in with the reason", async () => {
  await signIn(page);
  simulator.control.kick("1201");
  await sees(page, "The agent is signed out at the gateway. Please sign in again.");
});

test("a sign-in of another program at the gateway is not called a sign-out by the gateway", async () => {
  await signIn(page);
  simulator.control.signIn("1201");
  await sees(page, /the agent has signed in somewhere else, or the gateway has ended it/);
});

test("a call is only ended for a sign-out after the user's yes", async () => {
  await signIn(page);
  simulator.control.putAgent("1201", { talking: true });
  await page.click("#sign-out");
  await sees(page, "The agent is in a call");
  await page.click("#ask-no");
  await sees(page, /^Live$/);
  assert.equal(simulator.control.agent("1201").signedIn, true);
  await page.click("#sign-out");
  await page.click("#ask-yes");
  await sees(page, "You are signed out.");
  assert.equal(simulator.control.agent("1201").signedIn, false);
});

test("over plain http from another machine nobody is signed in for a cookie that the browser would not keep", async () => {
  const far = await openBoard(browser, service.url.replace("127.0.0.1", OTHER_MACHINE));
  await sees(far.page, /does not keep the session cookie/);
  assert.equal(await far.page.locator("#sign-in-form").isVisible(), false);
  await far.page.context().close();
});

test("where sessions belong to another app the board says so instead of offering a form", async () => {
  const foreign = await startTestService(simulator.url, { environment: { ...environment, TOKEN_SECRET: "" } });
  try {
    const there = await openBoard(browser, foreign.url);
    await sees(there.page, /sessions belong to another app: sign in there/);
    await there.page.getByRole("heading", { name: "Sign in elsewhere" }).waitFor();
    await sees(there.page, /its operators set TOKEN_SECRET/);
    assert.equal(await there.page.locator("#sign-in-form").isVisible(), false);
    await there.page.context().close();
  } finally {
    await foreign.close();
  }
});

test("the cookie that an outside token was exchanged for opens the board, which ends it again", async () => {
  const foreign = await startTestService(simulator.url, { environment: { ...environment, TOKEN_SECRET: "" } });
  try {
    const there = await openBoard(browser, foreign.url);
    const exchange = { ...inspector, delivery: "cookie" };
    await there.page.evaluate(`import("/board/client/index.js").then(({ createClient }) =>
      createClient({ token: ${JSON.stringify(appToken())} }).signIn(${JSON.stringify(exchange)}))`);
    await there.page.reload();
    await sees(there.page, /^Live$/);
    await sees(there.page, "Agent 1201 · VDN 1 · inspector");
    assert.equal(await conference("355840", there.page).isVisible(), true);
    await there.page.click("#sign-out");
    await sees(there.page, "You are signed out.");
    await sees(there.page, /sessions belong to another app: sign in there/);
    assert.equal(simulator.control.agent("1201").signedIn, false);
    await there.page.context().close();
  } finally {
    await foreign.close();
  }
});

test("that the agent's password ends soon is said until its reader has taken note, whatever changes meanwhile", async () => {
  await signIn(page);
  await sees(page, "The agent's password ends in 9 days.");
  const { id } = simulator.control.startConference({ participants: [{ address: "1254" }] });
  await conference(id).waitFor();
  await sees(page, "The agent's password ends in 9 days.");
  await page.click("text=Hide");
  await page.getByText("The agent's password ends in 9 days.").waitFor({ state: "detached" });
  assert.equal(await page.evaluate("document.activeElement.id"), "board-heading");
  await page.reload();
  await sees(page, /^Live$/);
  assert.equal(await page.locator(".notice").filter({ visible: true }).count(), 0);
});

test("a restart of the service is shown, and the board goes on by itself", async () => {
  const directory = await mkdtemp(join(tmpdir(), "board-"));
  const kept = { ...environment, SESSION_STORE_URL: `sqlite:${join(directory, "sessions.db")}` };
  let restarted = await startTestService(simulator.url, { environment: kept });
  try {
    const there = await openBoard(browser, restarted.url);
    await signIn(there.page);
    const port = new URL(restarted.url).port;
    await restarted.close();
    await sees(there.page, /^No answer$/);
    restarted = await startTestService(simulator.url, { environment: { ...kept, PORT: port } });
    await sees(there.page, /^Live$/);
    assert.equal(await conference("355840", there.page).isVisible(), true);
    await there.page.context().close();
  } finally {
    await restarted.close();
    await rm(directory, { recursive: true });
  }
});

test("the page of the OpenAPI document opens in a browser without a complaint", async () => {
  await page.goto(`${service.url}/docs#signIn`);
  await sees(page, "Signs the agent in at the gateway and binds the session");
  await page.goto(`${service.url}/openapi.json`);
  assert.deepEqual(board.complaints, []);
  assert.deepEqual([...board.hosts], [host()]);
});

test("on a narrow phone nothing is cut off", async () => {
  await page.setViewportSize({ width: 320, height: 640 });
  await signIn(page);
  assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 320);
  await page.click("[data-view=table]");
  assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 320);
});
