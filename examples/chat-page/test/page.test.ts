import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { describeOn } from "@perdure/engines/vitest";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, inject, test } from "vitest";
import { type Site, startSite } from "../src/site.ts";
import { launch, openTab, type Tab } from "./browser.ts";
import { gatedModel } from "./model.ts";

const model = gatedModel();
const folder = mkdtempSync(join(tmpdir(), "perdure-chat-page-"));
const owned = new AsyncDisposableStack();
let site: Site;
let browser: Browser;
let tab: Tab;

afterEach(async () => {
  expect(tab.complaints()).toEqual([]);
  await tab.page.context().close();
});

describeOn("chromium", "the chat page in a browser", () => {
  beforeAll(async () => {
    owned.defer(() => rmSync(folder, { recursive: true }));
    const store = owned.use(sqliteStore({ path: join(folder, "chat.db") }));
    const { INNGEST_DEV: inngestUrl } = process.env;
    const at = inngestUrl === undefined ? {} : { inngestUrl };
    site = owned.use(await startSite({ store, model: model.ask, ...at }));
    browser = await launch(inject("chromium"));
    owned.defer(async () => browser.close());
  });
  afterAll(async () => owned.disposeAsync());

  test("shows what the model says while it says it, and what the page was like when its message was sent", async () => {
    tab = await openTab(browser, site, "ada");
    await tab.page.getByLabel("tone").selectOption("brief");
    await tab.say("wait one");
    await tab.shows("First half,");
    await tab.is("streaming");
    expect(await tab.texts()).toEqual(["wait one", "First half,"]);
    model.go("wait one");
    await tab.shows("First half, second half.");
    await tab.is("ready");
    await tab.page.reload();
    await tab.shows("First half, second half.");
    expect(await tab.texts()).toEqual(["wait one", "First half, second half."]);
    expect(await tab.page.getByLabel("tone").inputValue()).toBe("friendly");
    await tab.press("brief");
    expect(await tab.page.getByLabel("tone").inputValue()).toBe("brief");
  });

  test("goes on with an answer in whose middle it was loaded, without a gap or a double", async () => {
    tab = await openTab(browser, site, "ada");
    await tab.say("hello");
    await tab.shows("You said hello.");
    await tab.is("ready");
    await tab.say("wait two");
    await tab.shows("First half,");
    await tab.page.reload();
    await tab.shows("First half,");
    await tab.is("streaming");
    model.go("wait two");
    await tab.shows("First half, second half.");
    await tab.is("ready");
    const all = ["hello", "You said hello.", "wait two", "First half, second half."];
    expect(await tab.texts()).toEqual(all);
    await tab.page.reload();
    await tab.shows("First half, second half.");
    expect(await tab.texts()).toEqual(all);
  });

  test("asks before a refund, also after a reload, and goes on when the user agrees", async () => {
    tab = await openTab(browser, site, "ada");
    await tab.say("refund 42");
    await tab.question.waitFor();
    await tab.is("ready");
    await tab.page.reload();
    await tab.question.waitFor();
    expect(await tab.question.textContent()).toContain('refund {"order":"42"}');
    await tab.press("Approve");
    await tab.shows("Order 42 is refunded. Bye.");
    await tab.is("ready");
    expect(await tab.question.count()).toBe(0);
    expect(await tab.texts()).toEqual([
      "refund 42",
      'refund {"order":"42"} → Order 42 is refunded.',
      "Order 42 is refunded. Bye.",
    ]);
  });

  test("tells the model that the user said no", async () => {
    tab = await openTab(browser, site, "ada");
    await tab.say("refund 43");
    await tab.question.waitFor();
    await tab.press("Deny");
    await tab.shows("Not done. Bye.");
    await tab.is("ready");
    expect(await tab.question.count()).toBe(0);
  });

  test("stops an answer, and takes the next message", async () => {
    tab = await openTab(browser, site, "ada");
    await tab.say("wait three");
    await tab.shows("First half,");
    await tab.press("Stop");
    await tab.is("ready");
    model.go("wait three");
    await tab.say("hello again");
    await tab.shows("You said hello again.");
    await tab.is("ready");
    expect(await tab.messages.getByText("second half").count()).toBe(0);
  });

  test("makes, switches and deletes threads, each with its own messages, and shows nobody else's", async () => {
    tab = await openTab(browser, site, "bob");
    expect(await tab.threads.getByRole("listitem").count()).toBe(0);
    await tab.say("apples");
    await tab.shows("You said apples.");
    await tab.is("ready");
    await tab.press("New conversation");
    await tab.say("wait pears");
    await tab.shows("First half,");
    await tab.press("apples");
    await tab.shows("You said apples.");
    expect(await tab.texts()).toEqual(["apples", "You said apples."]);
    await tab.press("wait pears");
    await tab.shows("First half,");
    model.go("wait pears");
    await tab.shows("First half, second half.");
    await tab.press("apples");
    await tab.shows("You said apples.");
    await tab.press("wait pears");
    await tab.shows("First half, second half.");
    expect(await tab.texts()).toEqual(["wait pears", "First half, second half."]);
    await tab.deletes("wait pears");
    await tab.threads.getByText("wait pears").waitFor({ state: "detached" });
    expect(await tab.texts()).toEqual([]);
    await tab.page.reload();
    await tab.threads.getByText("apples").waitFor();
    expect(await tab.threads.getByRole("listitem").count()).toBe(1);
  });

  test("over Inngest Realtime: an answer while it is said, also in a page that is loaded in its middle", async () => {
    tab = await openTab(browser, site, "cleo", "/realtime");
    await tab.say("hello");
    await tab.shows("You said hello.");
    await tab.is("ready");
    await tab.say("wait four");
    await tab.shows("First half,");
    await tab.is("streaming");
    await tab.page.reload();
    await tab.shows("First half,");
    await tab.is("streaming");
    model.go("wait four");
    await tab.shows("First half, second half.");
    await tab.is("ready");
    await tab.say("again");
    await tab.shows("You said again.");
    await tab.is("ready");
    const all = [
      "hello",
      "You said hello.",
      "wait four",
      "First half, second half.",
      "again",
      "You said again.",
    ];
    expect(await tab.texts()).toEqual(all);
    await tab.page.reload();
    await tab.shows("You said again.");
    expect(await tab.texts()).toEqual(all);
  });

  test("over Inngest Realtime: asks before a refund, also after a reload, and goes on when the user agrees", async () => {
    tab = await openTab(browser, site, "cleo", "/realtime");
    await tab.say("refund 44");
    await tab.question.waitFor();
    await tab.is("ready");
    await tab.page.reload();
    await tab.question.waitFor();
    await tab.press("Approve");
    await tab.shows("Order 44 is refunded. Bye.");
    await tab.is("ready");
    expect(await tab.question.count()).toBe(0);
    expect(await tab.texts()).toEqual([
      "refund 44",
      'refund {"order":"44"} → Order 44 is refunded.',
      "Order 44 is refunded. Bye.",
    ]);
  });
});
