import { after, before, beforeEach } from "node:test";
import type { Browser, Page } from "playwright-core";
import { startTestService, type TestService } from "../support/service.ts";
import { launchBrowser, openBoard } from "./browser.ts";
import { type Stage, startStage } from "./stage.ts";

interface Staged {
  readonly stage: Stage;
  readonly browser: Browser;
  /** A board before the stage; `path` may have a fragment. */
  open(path?: string, options?: Parameters<typeof openBoard>[2]): Promise<Page>;
  /** What the browsers complained about since the test began. */
  readonly complaints: string[];
}

/** A browser and a stage for the tests of one file; each test's boards are closed after it. */
export function staged(): Staged {
  let browser: Browser;
  let service: TestService;
  let stage: Stage;
  let complaints: string[] = [];
  let open: Page[] = [];
  before(async () => {
    [browser, service] = await Promise.all([
      launchBrowser(),
      startTestService("http://127.0.0.1:9/agentgateway/resource"),
    ]);
    stage = await startStage(service.url);
  });
  after(async () => {
    await browser?.close();
    await stage?.close();
    await service?.close();
  });
  beforeEach(async () => {
    for (const page of open.splice(0)) await page.context().close();
    complaints = [];
    open = [];
    stage.reset();
  });
  return {
    get stage() {
      return stage;
    },
    get browser() {
      return browser;
    },
    get complaints() {
      return complaints;
    },
    async open(path = "", options = {}) {
      const board = await openBoard(browser, new URL(path, stage.url).href, options);
      complaints = board.complaints;
      open.push(board.page);
      return board.page;
    },
  };
}
