import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
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

export async function openBoard(
  browser: Browser,
  url: string,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<Board> {
  const context = await browser.newContext(options);
  const complaints: string[] = [];
  const hosts = new Set<string>();
  context.on("request", (request) => hosts.add(new URL(request.url()).host));
  context.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`${message.text()} ${message.location().url}`);
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  const another = async (): Promise<Page> => {
    const page = await context.newPage();
    page.setDefaultTimeout(8_000);
    await page.goto(url);
    return page;
  };
  return { page: await another(), complaints, hosts, another };
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
