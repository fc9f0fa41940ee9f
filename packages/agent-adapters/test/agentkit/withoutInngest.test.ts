import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { sqlite } from "../scenarios/place.ts";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

async function said(url: string, message: string): Promise<unknown> {
  const flags = ["--import", here("../fixtures/withoutInngest.ts"), here("fixtures/chat.ts")];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, url, message]);
  return JSON.parse(stdout);
}

test("a network's history and its tools load no Inngest of their own: what one process keeps, the next one is shown", async () => {
  await using place = await sqlite.pair();
  const first = ["system", "user"];
  const refused = expect.stringContaining("wants Inngest, and there is none") as string;
  expect(await said(place.url, "one")).toEqual({
    shown: [first, [...first, "assistant", "tool"]],
    refused,
  });
  expect(await place.a.history.count("t")).toBe(3);
  // AgentKit shows the new message ahead of the history.
  const second = [...first, "user", "assistant", "tool", "assistant"];
  expect(await said(place.url, "two")).toEqual({
    shown: [second, [...second, "assistant", "tool"]],
    refused,
  });
  expect(await place.a.history.count("t")).toBe(6);
});
