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

test("the provider is asked once for each turn, whatever becomes of the requests to the function", {
  timeout: 30_000,
}, async () => {
  const faults: readonly Fault[] = ["lose-response", "stop-during", "double"];
  for (const fault of faults)
    for (let index = 0; index < plain.requests; index += 1) {
      const { asked, response } = await demo(() => undefined, { faults: faultAt(index, fault) });
      expect([fault, index, asked, response]).toEqual([fault, index, 2, plain.response]);
    }
});
