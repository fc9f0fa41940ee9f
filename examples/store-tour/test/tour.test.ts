import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("the tour shows what it says, and what its README shows", { timeout: 60_000 }, async () => {
  const program = fileURLToPath(new URL("../src/tour.ts", import.meta.url));
  const flags = ["--disable-warning=ExperimentalWarning", program];
  const { stdout, stderr, status } = spawnSync(process.execPath, flags, { encoding: "utf8" });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  expect(stdout.trim().split("\n")).toEqual([
    'state: {"step":2,"order":"123"}',
    'forked state: {"step":1,"order":"123"}',
    "forked messages: 1",
    'threads: ["chat-1","what-if"]',
    'call or e-mail?: "Prefers e-mail to calls"',
    'クレジットカード: "返金はクレジットカードで"',
    'first refund: {"paid":"$30","keyed":true,"replayed":false}',
    'second refund: {"paid":"$30","keyed":true,"replayed":true}',
    'streamed: "Your order is on its way."',
    'moved: {"threads":2,"busy":0}',
    'there: {"step":2,"order":"123"}',
    "left of ann: 0",
  ]);
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`\`\`\`text\n${stdout}\`\`\``);
});
