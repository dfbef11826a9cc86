/**
 * `npm run picture`: makes docs/board.png anew, or the file that is named: the real board in Chromium, before the service and
 * the simulator on a busy day. The data are always the same; the times of day are today's.
 */
import { fileURLToPath } from "node:url";
import { type Simulator, startSimulator } from "../simulator/index.ts";
import { launchBrowser, openBoard, signIn } from "../test/board/browser.ts";
import { busyDay } from "../test/board/stage.ts";
import { inspector, startTestService } from "../test/support/service.ts";

const AUDIO = { listen: 1, speak: 2, both: 3, none: 4 } as const;
const STATE = { connected: 0, held: 1, announcement: 2 } as const;

const file = process.argv[2] ?? fileURLToPath(new URL("../docs/board.png", import.meta.url));
const simulator = await startSimulator({
  accounts: [{ agentId: inspector.agentId, inspector: true, passwordDaysLeft: null }],
  conferences: busyDay().map(({ id, state, startedAt, bookedMinutes, participants }) => ({
    id,
    state: state === "announcement" ? 1 : 0,
    startTime: Date.parse(startedAt),
    bookedMinutes,
    participants: participants.map(({ kind, address, role, audio, state, joinedAt }) => ({
      kind: kind === "phone" ? ("phone" as const) : ("agent" as const),
      address,
      chair: role === "chair",
      audio: AUDIO[audio],
      state: STATE[state],
      enterTime: Date.parse(joinedAt),
    })),
  })),
});
const service = await startTestService(simulator.url, { environment: { CONFERENCE_STREAM_INTERVAL_MS: "250" } });
const browser = await launchBrowser();
try {
  const looks = { viewport: { width: 1280, height: 720 }, locale: "en-GB", timezoneId: "UTC" };
  const { page } = await openBoard(browser, service.url, looks);
  await signIn(page);
  for (const [change, told] of happenings(simulator.control)) {
    change();
    await page.locator("#feed").getByText(told).waitFor();
  }
  // Whoever reads has no pointer on anything, nor the focus.
  await page.mouse.move(0, 0);
  await page.evaluate("document.activeElement.blur()");
  await page.screenshot({ path: file });
} finally {
  await browser.close();
  await service.close();
  await simulator.close();
}

/** What the feed tells of, the oldest first. */
function happenings({
  endConference,
  startConference,
  join,
  leave,
  changeConference,
  changeParticipant,
}: Simulator["control"]): readonly (readonly [change: () => void, told: string])[] {
  return [
    [() => endConference("359168"), "Conference 359168 has ended."],
    [() => startConference({ id: "371456", participants: [{ address: "1254" }] }), "Conference 371456 has started."],
    [() => join("361216", { kind: "phone", address: "70412" }), "Phone 70412 joined conference 361216."],
    [() => changeConference("356608", { bookedMinutes: 20 }), "Conference 356608 is past its booked time."],
    [() => changeParticipant("357888", "70161", { state: 1 }), "Phone 70161 is on hold in conference 357888."],
    [() => leave("358912", "1446"), "Agent 1446 left conference 358912."],
    [() => join("370176", { address: inspector.agentId }), "Agent 1201 joined conference 370176."],
  ];
}
