import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { faultAt, type TestInngestOptions } from "@perdure/inngest-bridge/testing";
import { settled } from "@perdure/stage/settled";
import { expect, onTestFinished, test } from "vitest";
import { demo } from "../src/demo.ts";
import { scriptedModel } from "../src/model.ts";
import { plugged } from "../src/plugged.ts";
import { quickStart } from "../src/quickStart.ts";

/** The demo on a file of its own: what it says, and how many requests it took. */
async function played(world?: TestInngestOptions) {
  const folder = await mkdtemp(join(tmpdir(), "ziro-"));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  const lines: string[] = [];
  const requests = await demo(join(folder, "agents.db"), (line) => lines.push(line), world);
  return { lines, requests };
}

test("the demo says what its README shows", async () => {
  const { lines } = await played();
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`\`\`\`text\n${lines.join("\n")}\n\`\`\``);
});

test("one refund is paid, whichever answer is lost", async () => {
  const { lines, requests } = await played();
  for (let index = 0; index < requests; index += 1) {
    const hit = await played({ faults: faultAt(index, "lose-response") });
    expect([index, hit.lines]).toEqual([index, lines]);
  }
});

test("the quick start and the quick start on Perdure say the same", async () => {
  expect(await quickStart(scriptedModel)).toBe("Order 7 is refunded.");
  expect(await settled((...place) => plugged(scriptedModel, ...place))).toBe(
    "Order 7 is refunded.",
  );
});
