import { readFile } from "node:fs/promises";
import { type Fault, faultAt } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { demo } from "../src/demo.ts";

const lines: string[] = [];
const plain = await demo((line) => lines.push(line));

test("the demo says what its README shows", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`\`\`\`text\n${lines.join("\n")}\n\`\`\``);
});

test("what a user has said is remembered, recalled, changed and forgotten, and is no other user's", () => {
  const [seeds, none] = [["I like bread with seeds."], ["I like bread without gluten."]];
  expect(plain.remembered).toEqual([seeds, seeds, seeds, none, none, []]);
});

test("each memory is written once, wherever an answer is lost or the process dies", {
  timeout: 30_000,
}, async () => {
  const faults: readonly Fault[] = ["lose-response", "stop-during", "double"];
  for (let index = 0; index < plain.requests; index += 9) {
    const fault = faults[(index / 9) % faults.length] ?? "double";
    const { remembered } = await demo(() => undefined, { faults: faultAt(index, fault) });
    expect([index, fault, remembered]).toEqual([index, fault, plain.remembered]);
  }
});
