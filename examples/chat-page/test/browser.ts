import { chromiumArguments } from "@perdure/engines";
import { chromium, type Browser, type Locator, type Page } from "playwright-core";
import type { Site } from "../src/site.ts";

/** A headless browser of this machine. */
export async function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: [...chromiumArguments()] });
}

/** The chat page in a tab of somebody's. */
export interface Tab {
  readonly page: Page;
  /** What the page's console was told, and what the page threw. */
  complaints(): readonly string[];
  /** Deletes a thread by its title. What the page asks about it from then on may be answered with 404, which a browser tells its console. */
  deletes(title: string): Promise<void>;
  readonly messages: Locator;
  readonly threads: Locator;
  readonly question: Locator;
  say(text: string): Promise<void>;
  press(name: string): Promise<void>;
  /** Waits until the page shows this among its messages. */
  shows(text: string): Promise<void>;
  /** Waits until the page's status is this one. */
  is(status: "ready" | "submitted" | "streaming"): Promise<void>;
  /** The messages as they are shown. */
  texts(): Promise<readonly string[]>;
}

/** Opens the page in a browser context of its own, signed in as `user`. */
export async function openTab(
  browser: Browser,
  site: Site,
  user: string,
  path = "/",
): Promise<Tab> {
  const context = await browser.newContext({ viewport: { width: 960, height: 600 } });
  await context.addCookies([{ name: "session", value: site.signIn(user), url: site.url }]);
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  const deleted: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${message.text()} ${message.location().url}`);
  });
  await page.goto(`${site.url}${path}`);
  const messages = page.getByRole("list", { name: "messages" });
  const threads = page.getByRole("list", { name: "threads" });
  const status = page.getByRole("status", { name: "status" });
  return {
    page,
    complaints: () =>
      complaints.filter(
        (one) => !(one.includes("404") && deleted.some((threadId) => one.includes(threadId))),
      ),
    async deletes(title) {
      const asked = page.waitForRequest((request) => request.method() === "DELETE");
      await page.getByRole("button", { name: `Delete ${title}`, exact: true }).click();
      deleted.push(new URL((await asked).url()).pathname.split("/").at(-1) ?? "");
    },
    messages,
    threads,
    question: page.getByRole("region", { name: "approval" }),
    async say(text) {
      await page.getByRole("textbox", { name: "message" }).fill(text);
      await page.getByRole("button", { name: "Send" }).click();
    },
    press: async (name) => page.getByRole("button", { name, exact: true }).click(),
    shows: async (text) => messages.getByText(text).first().waitFor(),
    is: async (name) => status.getByText(name, { exact: true }).waitFor(),
    texts: async () =>
      (await messages.locator("li p, li code").allTextContents()).map((text) => text.trim()),
  };
}
