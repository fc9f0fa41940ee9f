import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const root: string = fileURLToPath(new URL("../../../..", import.meta.url));

/** One piece of code on a page that users read. */
export interface Block {
  /** The page's path from the repository's root. */
  readonly page: string;
  /** Its place among the blocks of the page, from 1 on. */
  readonly place: number;
  /** What its fence says that it is; empty where it says nothing. */
  readonly language: string;
  readonly code: string;
}

/** A page as it stands there. */
export interface Page {
  /** Its path from the repository's root. */
  readonly path: string;
  readonly text: string;
}

/** Every block of the pages, as it stands there. */
export async function blocksOfPages(): Promise<readonly Block[]> {
  return (await pages()).flatMap(({ path, text }) =>
    [...text.matchAll(FENCED)].map(([, indent = "", language = "", code = ""], index) => ({
      page: path,
      place: index + 1,
      language,
      code: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    })),
  );
}

/** A block with its fences, its indent, its language and its code. */
export const FENCED: RegExp = /^( *)```(\w*)\n([^]*?)^ *```$/gm;

/** Every page that users read. */
export async function pages(): Promise<readonly Page[]> {
  const named = await readdir(root);
  const docs = await readdir(join(root, "docs"), { recursive: true });
  const files = [
    ...named,
    ...docs.map((name) => join("docs", name)),
    ...(await below("bench")),
    ...(await below("examples")),
    ...(await below("packages")),
    ...(await below("tools")),
    "packages/inngest-bridge/src/testing/README.md",
  ].filter((path) => path.endsWith(".md"));
  return Promise.all(
    files.map(async (path) => ({ path, text: await readFile(join(root, path), "utf8") })),
  );
}

/** The pages of a folder, and the README of each folder in it. */
async function below(folder: string): Promise<readonly string[]> {
  const names = await readdir(join(root, folder));
  const readmes = names.map((name) => join(folder, name, "README.md"));
  return [
    ...names.map((name) => join(folder, name)),
    ...readmes.filter((path) => existsSync(join(root, path))),
  ];
}
