import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { inspector } from "../support/service.ts";

/** A name that leads to this machine, and that no browser takes for it: what plain http to another machine is like. */
export const OTHER_MACHINE = "board.example";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  `--host-resolver-rules=MAP ${OTHER_MACHINE} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: installedChromium(), args: FLAGS });
}

function installedChromium(): string {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      const file = join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not here.
      }
    }
  }
  throw new Error("No Chromium is installed. scripts/test-services.sh installs it, and says how where it cannot.");
}

/** The board in a browser of its own: nothing of another test's cookies. */
export interface Board {
  readonly page: Page;
  /** What the browser complained about so far: errors, and what a content security policy refused. */
  readonly complaints: string[];
  /** Every host that was asked for anything. */
  readonly hosts: Set<string>;
  another(): Promise<Page>;
}

/** What a page can be told while it is open; everything else takes a browser of its own. */
interface Looks {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly reducedMotion?: "reduce" | "no-preference";
  readonly forcedColors?: "active";
}

export async function openBoard(
  browser: Browser,
  url: string,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<Board> {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  return watched(context, await newPage(context, url), url);
}

/**
 * The same page for one test after the other, which is three times as quick as a new one: each begins without cookies and
 * without anything that the page remembers.
 */
export class SharedPage {
  readonly #browser: Browser;
  #page: Page | null = null;

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  async open(url: string, { viewport, reducedMotion, forcedColors }: Looks = {}): Promise<Board> {
    const page = await this.#clean();
    await page.setViewportSize(viewport ?? { width: 1280, height: 720 });
    await page.emulateMedia({
      colorScheme: null,
      reducedMotion: reducedMotion ?? "reduce",
      forcedColors: forcedColors ?? null,
    });
    const board = watched(page.context(), page, url);
    await page.goto(url);
    return board;
  }

  async #clean(): Promise<Page> {
    if (this.#page === null) {
      const context = await this.#browser.newContext();
      this.#page = await newPage(context, "about:blank");
      return this.#page;
    }
    const page = this.#page;
    const context = page.context();
    for (const other of context.pages()) if (other !== page) await other.close();
    context.removeAllListeners();
    if (page.url().startsWith("http")) await page.evaluate("localStorage.clear()");
    await page.goto("about:blank");
    await context.clearCookies();
    return page;
  }
}

async function newPage(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(url);
  return page;
}

function watched(context: BrowserContext, page: Page, url: string): Board {
  const complaints: string[] = [];
  const hosts = new Set<string>();
  context.on("request", (request) => hosts.add(new URL(request.url()).host));
  context.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`${message.text()} ${message.location().url}`);
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  return { page, complaints, hosts, another: () => newPage(context, url) };
}

export async function fillIn(page: Page, fields: Partial<typeof inspector> | Record<string, string> = {}) {
  for (const [name, value] of Object.entries({ ...inspector, ...fields })) await page.fill(`#${name}`, value);
  await page.click("#sign-in-form button");
}

/** Waits until the page says so. */
export async function sees(page: Page, text: string | RegExp): Promise<void> {
  await page.getByText(text).filter({ visible: true }).first().waitFor();
}

export async function signIn(page: Page, fields: Record<string, string> = {}): Promise<void> {
  await fillIn(page, fields);
  await sees(page, /^Live$/);
}
