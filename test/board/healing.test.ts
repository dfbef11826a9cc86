import assert from "node:assert/strict";
import { test } from "node:test";
import { badGateway, events, json, problem, type StubAnswer } from "../client/stub-service.ts";
import { sees } from "./browser.ts";
import { conference, participant } from "./stage.ts";
import { staged } from "./staged.ts";

const here = staged();

const retry = { "Retry-After": "1" };
const refusals: readonly [string, StubAnswer, RegExp][] = [
  ["is limited", problem("rate-limited", 429, { title: "Too many requests" }, retry), /^Too many requests\.$/],
  [
    "has lost its store",
    problem("session-store-unavailable", 503, { title: "The session store does not answer" }, retry),
    /^The session store does not answer\.$/,
  ],
  [
    "drains",
    problem("instance-ending", 503, { title: "This instance is ending" }, retry),
    /^This instance is ending\.$/,
  ],
  ["breaks", problem("internal-error", 500, { title: "Internal error" }), /^Internal error\.$/],
  ["is not there behind its proxy", badGateway(502), /^The service is not available \(502\)\.$/],
  ["hangs up", (response) => response.destroy(), /^No answer: the service hangs/],
];

for (const [what, answer, reason] of refusals) {
  test(`at load a service that ${what} is waited for, with the board's frame and not the sign-in`, async () => {
    here.stage.answerStreamsWith(answer);
    here.stage.answerSessionsWith(answer);
    here.stage.show([conference("100")]);
    const page = await here.open();
    await page.locator("#status").getByText(reason).waitFor();
    assert.equal(await page.locator("#sign-in").isVisible(), false);
    assert.equal(await page.locator("#connection").innerText(), "No list");
    await sees(page, /goes on by itself/);
    here.stage.reset();
    here.stage.show([conference("100")]);
    await page.locator(".conference").waitFor();
    await sees(page, /^Live$/);
    assert.equal(await page.locator("#board .notice").count(), 0);
  });
}

test("at load a session that is gone leads to the sign-in, with a word about it", async () => {
  here.stage.answerStreamsWith(problem("session-not-found", 401));
  const page = await here.open();
  await sees(page, "The session has ended. Please sign in again.");
  assert.equal(await page.locator("#sign-in-form").isVisible(), true);
});

test("at load no session at all leads to the sign-in without a word", async () => {
  here.stage.answerStreamsWith(problem("token-missing", 401));
  const page = await here.open();
  await page.locator("#sign-in-form").waitFor();
  assert.equal(await page.locator("#farewell").isVisible(), false);
});

test("a service that ends is told apart from a gateway that fails", async () => {
  here.stage.show([conference("100")]);
  const page = await here.open();
  await sees(page, /^Live$/);
  here.stage.say({
    event: "problem",
    data: { code: "gateway-timeout", title: "The gateway did not answer in time", status: 504 },
  });
  await sees(page, /^Gateway fails$/);
  await sees(page, "The gateway did not answer in time.");
  here.stage.answerStreamsWith(problem("instance-ending", 503, { title: "This instance is ending" }, retry));
  await sees(page, /^Service away$/);
  await sees(page, "This instance is ending.");
  assert.equal(await page.locator(".conference").isVisible(), true, "the list stays, as old as it is");
});

test("an instance that ends moves nothing on the page, and its board is on another one in a moment", async () => {
  here.stage.show([conference("100")]);
  const page = await here.open();
  await sees(page, /^Live$/);
  await page.evaluate(
    "globalThis.words = new Set(); setInterval(() => words.add(document.getElementById('connection').innerText.trim()), 20)",
  );
  here.stage.say({ event: "instance-ending", data: {}, retry: 500 });
  here.stage.answerStreamsWith(null);
  await page.waitForTimeout(1_500);
  assert.deepEqual(await page.evaluate("[...words]"), ["Live"]);
});

test("a board that was replaced by newer ones says so, does not come back by itself, and does when it is asked to", async () => {
  here.stage.show([conference("100")]);
  const page = await here.open();
  await sees(page, /^Live$/);
  here.stage.say({ event: "replaced", data: {}, retry: 600_000 });
  await sees(page, /^Stopped$/);
  await sees(page, /more boards open than it may/);
  const looks = page.waitForRequest(/\/session$/);
  await page.click("text=Go on here");
  await sees(page, /^Live$/);
  assert.equal(await page.locator("#board .notice").count(), 0);
  await looks;
});

test("a sign-out that failed is told of until the next one, whatever the list does", async () => {
  here.stage.show([conference("100")]);
  const page = await here.open();
  await sees(page, /^Live$/);
  here.stage.answerSessionsWith(problem("internal-error", 500, { title: "Internal error" }));
  await page.click("#sign-out");
  await sees(page, "Not signed out: Internal error.");
  here.stage.show([conference("100"), conference("200")]);
  await page.locator(".conference").nth(1).waitFor();
  await sees(page, "Not signed out: Internal error.");
  here.stage.answerSessionsWith((response) => response.writeHead(204).end());
  await page.click("#sign-out");
  await sees(page, "You are signed out.");
});

test("a board that comes back to another agent's session, signed in in another tab meanwhile, begins anew and says so", async () => {
  here.stage.show([conference("100", { participants: [participant("1201")] })]);
  const page = await here.open();
  await page.locator("#agent").getByText("Agent 1201").waitFor();
  await sees(page, /^Live$/);
  here.stage.answerStreamsWith(problem("instance-ending", 503, {}, { "Retry-After": "1" }));
  await sees(page, /^Service away$/);
  here.stage.answerSessionsWith(
    json({
      agentId: "1202",
      vdnId: "2",
      inspector: true,
      state: "active",
      expiresAt: new Date(Date.now() + 1_800_000).toISOString(),
    }),
  );
  here.stage.answerStreamsWith(null);
  here.stage.show([conference("200", { participants: [participant("1201")] })]);
  await page.locator("#agent").getByText("Agent 1202").waitFor({ timeout: 10_000 });
  await sees(page, "This browser is signed in as agent 1202 now.");
  await page.locator('.conference[data-key="200"]').waitFor();
  assert.equal(await page.locator('.conference[data-key="100"]').count(), 0, "nothing of the other session stays");
  assert.equal(await page.locator(".badge.own").count(), 0);
});

for (const [reason, words] of [
  ["forced-out", /Somebody else has signed in as this agent/],
  ["session-expired", /signed in somewhere else, or the gateway has ended it/],
] as const) {
  test(`a session that ends as ${reason} is left with that reason`, async () => {
    here.stage.show([conference("100")]);
    const page = await here.open();
    await sees(page, /^Live$/);
    here.stage.say({ event: "session-ended", data: { reason } });
    await sees(page, words);
    assert.equal(await page.evaluate("document.activeElement.id"), "farewell");
  });
}

for (const prolonged of [false, true]) {
  test(`ten minutes before its greatest age ${prolonged ? "nothing is said of a session that its use prolongs" : "the end of a session is told"}`, async () => {
    const minutes = 60_000;
    let expiresAt = Date.now() + 9.5 * minutes;
    here.stage.answerSessionsWith((response) => {
      response.writeHead(200, { "Content-Type": "application/json" });
      const body = { agentId: "1201", vdnId: "1", inspector: true, state: "active" };
      response.end(JSON.stringify({ ...body, expiresAt: new Date(expiresAt).toISOString() }));
      if (prolonged) expiresAt += minutes;
    });
    // A list without `alive`: the service's clock would not go with the page's, which is turned on here.
    here.stage.answerStreamsWith(events({ event: "conferences", data: { conferences: [conference("100")] } }));
    const page = await here.openApart({});
    await page.clock.install();
    await page.reload();
    await sees(page, "Agent 1201");
    for (let look = 0; look < 2; look += 1) {
      const looked = page.waitForResponse(/\/session$/);
      await page.clock.runFor(minutes + 1_000);
      await (await looked).finished();
    }
    const warning = page.getByText("This session reaches its greatest age in 8 min.");
    if (!prolonged) await warning.waitFor();
    await page.clock.runFor(1_000);
    assert.equal(await warning.count(), prolonged ? 0 : 1);
  });
}

test("a list that never comes is explained by what the service knows of its problem", async () => {
  here.stage.answerStreamsWith(
    events({
      event: "problem",
      data: { code: "not-an-inspector", title: "The agent is not an inspector", status: 403, retcode: "101-004" },
    }),
  );
  const page = await here.open();
  await sees(page, "The agent is not an inspector (gateway code 101-004)");
  await sees(page, /The role is set on the platform/);
  await sees(page, /^No list$/);
});
