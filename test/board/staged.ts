import { after, before, beforeEach } from "node:test";
import type { Browser, Page } from "playwright-core";
import { startTestService, type TestService } from "../support/service.ts";
import { launchBrowser, openBoard, SharedPage } from "./browser.ts";
import { type Stage, startStage } from "./stage.ts";

interface Staged {
  readonly stage: Stage;
  readonly browser: Browser;
  /** A board before the stage, the same page each time; `path` may have a fragment. */
  open(path?: string, looks?: Parameters<SharedPage["open"]>[1]): Promise<Page>;
  /** In a browser of its own, with what only that can be told. */
  openApart(options: Parameters<typeof openBoard>[2]): Promise<Page>;
  /** What the browsers complained about since the test began. */
  readonly complaints: string[];
}

/** A browser and a stage for the tests of one file. */
export function staged(): Staged {
  let browser: Browser;
  let service: TestService;
  let stage: Stage;
  let complaints: string[] = [];
  let shared: SharedPage;
  const apart: Page[] = [];
  before(async () => {
    [browser, service] = await Promise.all([
      launchBrowser(),
      startTestService("http://127.0.0.1:9/agentgateway/resource"),
    ]);
    stage = await startStage(service.url);
    shared = new SharedPage(browser);
  });
  after(async () => {
    await browser?.close();
    await stage?.close();
    await service?.close();
  });
  beforeEach(async () => {
    for (const page of apart.splice(0)) await page.context().close();
    complaints = [];
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
    async open(path = "", looks = {}) {
      const board = await shared.open(new URL(path, stage.url).href, looks);
      complaints = board.complaints;
      return board.page;
    },
    async openApart(options) {
      const board = await openBoard(browser, stage.url, options);
      apart.push(board.page);
      return board.page;
    },
  };
}
