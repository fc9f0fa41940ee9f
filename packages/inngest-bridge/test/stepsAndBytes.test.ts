import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { page, play, stateBytes } from "../drills/stepsAndBytes.ts";

test("the page says what is counted", async () => {
  const written = await readFile(join(import.meta.dirname, "../../../docs/steps-and-bytes.md"));
  expect(await page()).toBe(written.toString());
});

test.each([true, false])(
  "results of 256 KB leave less than 2 KB each in the run (checkpointing %s)",
  async (checkpointing) => {
    const scene = { what: "large results", turns: [6, 6], resultBytes: 256 * 1024 };
    const [execution] = await play(scene, checkpointing);
    expect(execution?.steps).toHaveLength(16);
    expect(execution ? stateBytes(execution) : Infinity).toBeLessThan(12 * 2048);
  },
);
