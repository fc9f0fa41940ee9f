import { readFile } from "node:fs/promises";
import { faultAt } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { demo } from "../src/demo.ts";

const lines: string[] = [];
const { requests, paid } = await demo((line) => lines.push(line));

test("the demo says what its README shows", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`\`\`\`text\n${lines.join("\n")}\n\`\`\``);
  expect(paid).toEqual(["7"]);
});

test("one refund and the same thirteen numbers, wherever an answer is lost or the process dies", {
  timeout: 30_000,
}, async () => {
  expect(requests).toBeGreaterThan(9);
  for (let index = 0; index < requests; index += 1) {
    const fault = index % 2 === 0 ? "stop-during" : "lose-response";
    const said: string[] = [];
    const world = await demo((line) => said.push(line), { faults: faultAt(index, fault) });
    expect(said, `${fault} at request ${index}`).toEqual(lines);
    expect(world.paid).toEqual(["7"]);
  }
});
