// Makes the pictures of the page in docs/pictures: `node examples/chat-page/src/screenshots.ts`.
import { fileURLToPath } from "node:url";
import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { chromium as program, chromiumArguments } from "@perdure/engines";
import { chromium } from "playwright-core";
import { stubModel } from "./model.ts";
import { startSite } from "./site.ts";

const folder = fileURLToPath(new URL("../../../docs/pictures", import.meta.url));
const store = createStore({ backend: memoryBackend() });
await using site = await startSite({ store, model: stubModel(150) });
const browser = await chromium.launch({
  executablePath: await program(),
  args: [...chromiumArguments()],
});
const context = await browser.newContext({ viewport: { width: 900, height: 460 } });
await context.addCookies([{ name: "session", value: site.signIn("ada"), url: site.url }]);
const page = await context.newPage();
await page.goto(site.url);

const say = async (text: string): Promise<void> => {
  await page.getByRole("textbox", { name: "message" }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
};
const idle = async (): Promise<void> => page.getByText("ready", { exact: true }).waitFor();

await say("What can you do?");
await page.getByText("Ask me to refund").waitFor();
await page.screenshot({ path: `${folder}/chat-streaming.png` });
await idle();
await page.getByRole("button", { name: "New conversation" }).click();
await say("Please refund order #42");
await page.getByRole("button", { name: "Approve" }).waitFor();
await page.screenshot({ path: `${folder}/chat-approval.png` });
await page.getByRole("button", { name: "Approve" }).click();
await page.getByText("anything else?").waitFor();
await idle();
await page.screenshot({ path: `${folder}/chat-approved.png` });
await browser.close();
