import { readFile } from "node:fs/promises";
import { faultAt } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { demo } from "../src/demo.ts";

const lines: string[] = [];
const { requests, ...plain } = await demo((line) => lines.push(line));

test("the demo says what its README shows", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`\`\`\`text\n${lines.join("\n")}\n\`\`\``);
});

test("a message that comes while the agent works takes its place, and loses nothing that was done", () => {
  expect(plain.replies).toEqual(["Understood.", "It says: It says: Water the plants."]);
  expect(plain.history.map(({ role, content }) => `${role}: ${String(content)}`)).toEqual([
    "user: Please read me the list.",
    "assistant: ",
    "tool: Water the plants.",
    "user: Stop, I have found it.",
    "assistant: Understood.",
    "user: Please have it read.",
    "assistant: ",
    "tool: It says: Water the plants.",
    "assistant: It says: It says: Water the plants.",
  ]);
});

test("each reply is shown once, wherever an answer is lost or the process dies", {
  timeout: 30_000,
}, async () => {
  for (let index = 0; index < requests; index += 2) {
    const fault = index % 4 === 0 ? "stop-during" : "lose-response";
    const { replies } = await demo(() => undefined, { faults: faultAt(index, fault) });
    expect(replies, `${fault} at request ${index}`).toEqual(plain.replies);
  }
});
