import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

test("the guide shows the code that is run here", async () => {
  const page = await readFile(new URL("../../../../docs/testing.md", import.meta.url), "utf8");
  const code = await readFile(new URL("guide.test.ts", import.meta.url), "utf8");
  const [, ...shown] = code.trimEnd().split("\n");
  expect(page).toContain(`\`\`\`ts\n${shown.join("\n")}\n\`\`\``);
});
