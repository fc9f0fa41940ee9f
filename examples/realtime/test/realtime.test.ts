import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { demo } from "../src/demo.ts";

test("Realtime tells what is said from now on, the store all of it, as the README shows", {
  timeout: 30_000,
}, async () => {
  const lines: string[] = [];
  await demo((line) => lines.push(line), process.env["INNGEST_DEV"]);
  expect(lines).toEqual([
    "heard from the beginning: The ferry | leaves at noon.",
    "heard from the middle: leaves at noon.",
    "observed afterwards: The ferry | leaves at noon.",
  ]);
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`\`\`\`text\n${lines.join("\n")}\n\`\`\``);
});
