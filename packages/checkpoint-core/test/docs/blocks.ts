import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** One program on a page that users read. */
export interface Block {
  /** The page's path from the repository's root. */
  readonly page: string;
  /** Its place among the blocks of the page, from 1 on. */
  readonly place: number;
  readonly code: string;
}

/** Every TypeScript block of the pages, as it stands there. */
export async function blocksOfPages(): Promise<readonly Block[]> {
  const blocks: Block[] = [];
  for (const file of await pages()) {
    const text = await readFile(file, "utf8");
    const page = relative(root, file);
    const fences = [...text.matchAll(/^( *)```(?:ts|js)\n([^]*?)^ *```$/gm)];
    for (const [index, [, indent = "", code = ""]] of fences.entries())
      blocks.push({
        page,
        place: index + 1,
        code: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
      });
  }
  return blocks;
}

async function pages(): Promise<readonly string[]> {
  const docs = await readdir(join(root, "docs"));
  const packages = await readdir(join(root, "packages"));
  return [
    join(root, "README.md"),
    join(root, "CONTRIBUTING.md"),
    ...docs.filter((name) => name.endsWith(".md")).map((name) => join(root, "docs", name)),
    ...packages.map((name) => join(root, "packages", name, "README.md")),
    join(root, "packages/inngest-bridge/src/testing/README.md"),
  ];
}
