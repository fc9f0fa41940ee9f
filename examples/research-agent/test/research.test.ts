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

test("the pages of a turn are read at the same time, and so are those of a function", async () => {
  const groups = ["tea,coffee", "water-1,water-2"].map((names) => ({
    missing: new Set(names.split(",")),
    gate: Promise.withResolvers<void>(),
  }));
  // No page of a group is given before all of the group have been asked for.
  const read = async (page: string): Promise<string> => {
    for (const { missing, gate } of groups)
      if (missing.delete(page)) {
        if (missing.size === 0) gate.resolve();
        await gate.promise;
      }
    return `${page}.`;
  };
  const web = { search: async (topic: string) => [`${topic}-1`, `${topic}-2`], read };
  const { answer } = await demo(() => undefined, { web, inFlight: { total: 8, perRun: 8 } });
  expect(answer).toBe(plain.answer);
});

test("wherever an answer is lost: the model is asked twice, and no page again that was read", async () => {
  expect(plain.asked).toBe(2);
  for (let index = 0; index < requests; index += 1) {
    const { answer, asked, read } = await demo(() => undefined, {
      faults: faultAt(index, "lose-response"),
    });
    expect(answer, `request ${index}`).toBe(plain.answer);
    // What was under way in the request whose answer was lost is stored, or done once more.
    expect(asked + read.length - (plain.asked + plain.read.length)).toBeLessThanOrEqual(1);
  }
});
