import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type Block, blocksOfPages, root } from "./blocks.ts";
import { offered, problemOf } from "./commands.ts";

/** Pages whose requests tests send: `examples/http-app` and `examples/chat-page`. */
const sent = new Map([
  ["examples/http-app/README.md", "examples/http-app/test/http-app.test.ts"],
  ["docs/use-agent.md", "examples/chat-page/test/requests.test.ts"],
]);

/** Blocks of other languages, and who holds them. */
const held = new Map([
  ["packages/checkpoint-dynamodb/README.md json", "packages/checkpoint-dynamodb/test/readme.ts"],
  ["packages/checkpoint-dynamodb/README.md yaml", "packages/checkpoint-dynamodb/test/readme.ts"],
  ["packages/checkpoint-dynamodb/README.md hcl", "packages/checkpoint-dynamodb/test/readme.ts"],
  ["packages/checkpoint-redis/README.md ", "packages/checkpoint-redis/test/server.test.ts"],
]);

/** Pages with a drawing, or with what a run of a tool has written, which say so themselves. */
const shown: ReadonlySet<string> = new Set([
  "ARCHITECTURE.md",
  "bench/results.md",
  "docs/linearizability.md",
]);

const compiled: ReadonlySet<string> = new Set(["ts", "js", "tsx"]);

test("every line of a shell on a page asks for what is there", async () => {
  const offer = await offered();
  const blocks = (await blocksOfPages()).filter(({ language }) => language === "sh");
  const lines = blocks.flatMap(({ page, code }) =>
    code
      .split("\n")
      .filter((line) => line !== "" && !(sent.has(page) && /^(?:curl|ask)\b/.test(line)))
      .map((line) => [page, line, problemOf(line, offer)] as const),
  );
  expect(lines.filter(([, , problem]) => problem !== undefined)).toEqual([]);
  expect(lines.length).toBeGreaterThan(25);
});

test.each([
  ["make coffee", "make has no coffee"],
  ["make demo SHOP=7", "make knows no SHOP"],
  [
    "npm install @perdure/checkpoint-oracle",
    "none of our packages is or needs @perdure/checkpoint-oracle",
  ],
  ["pnpm install && pnpm --filter ziro stop", "ziro has no script stop"],
  ["A=1 node packages/none.ts", "there is no packages/none.ts"],
  ["rm -rf .", "nobody looks at rm"],
])("%s: %s", async (line, problem) => {
  expect(problemOf(line, await offered())).toBe(problem);
});

test("there is no block on a page that nobody looks at", async () => {
  const blocks = await blocksOfPages();
  const left: string[] = [];
  for (const block of blocks)
    if (!(await isLookedAt(block))) left.push(`${block.page} ${block.place}`);
  expect(left).toEqual([]);
  for (const [page, file] of [...sent, ...held])
    expect(await readFile(join(root, file), "utf8"), page).toMatch(
      /README\.md|docs\/use-agent\.md/,
    );
});

async function isLookedAt({ page, language }: Block): Promise<boolean> {
  if (compiled.has(language) || language === "sh" || held.has(`${page} ${language}`)) return true;
  if (language === "text") return isPlayed(page);
  return language === "" && shown.has(page);
}

/** Whether the tests of an example read its README, which shows what it prints. */
async function isPlayed(page: string): Promise<boolean> {
  const folder = join(root, dirname(page), "test");
  const files = await readdir(folder);
  const texts = await Promise.all(files.map(async (file) => readFile(join(folder, file), "utf8")));
  return texts.some((text) => text.includes('"../README.md"'));
}
