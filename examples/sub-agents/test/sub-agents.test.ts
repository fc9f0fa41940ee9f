import { readFile } from "node:fs/promises";
import { faultAt } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { demo } from "../src/demo.ts";

const plain: string[] = [];
const requests = await demo((line) => plain.push(line));

test("the demo says what its README shows", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`\`\`\`text\n${plain.join("\n")}\n\`\`\``);
});

test("one refund, two letters, one answer, whichever request of an agent comes twice or kills the process", {
  timeout: 30_000,
}, async () => {
  const places = requests.filter(({ fnId }) => !fnId.includes("upkeep"));
  expect(places.length).toBeGreaterThan(5);
  for (const { index } of places) {
    const fault = index % 2 === 0 ? "double" : "stop-during";
    const lines: string[] = [];
    await demo((line) => lines.push(line), { faults: faultAt(index, fault) });
    expect(lines.toSorted(), `${fault} at request ${index}`).toEqual(plain.toSorted());
  }
});
