import { existsSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { FENCED, type Page, pages, root } from "./blocks.ts";

test("every link of a page leads somewhere", async () => {
  const all = await pages();
  const anchors = new Map(all.map((page) => [page.path, anchorsOf(page)]));
  const lost = all.flatMap((page) =>
    linksOf(page)
      .filter((link) => !leads(page.path, link, anchors))
      .map((link) => `${page.path}: ${link}`),
  );
  expect(lost).toEqual([]);
  expect(all.flatMap(linksOf).length).toBeGreaterThan(200);
  const wrong: Page = {
    path: "README.md",
    text: "[no page](none.md) [no place](docs/README.md#none)",
  };
  expect(linksOf(wrong).filter((link) => leads(wrong.path, link, anchors))).toEqual([]);
});

test("every file of the repository that a page names is there", async () => {
  const named = (await pages()).flatMap(({ path, text }) =>
    [...text.matchAll(/`((?:bench|docs|examples|packages|tools)\/[\w./-]+)`/g)].map(
      ([, file = ""]) => [path, file] as const,
    ),
  );
  expect(named.filter(([, file]) => !existsSync(join(root, file)))).toEqual([]);
  expect(named.length).toBeGreaterThan(20);
});

/** Where a page's links lead, but for those out of the repository. */
function linksOf({ text }: Page): readonly string[] {
  const links = [...text.replaceAll(FENCED, "").matchAll(/\]\(([^)\s]+)\)/g)];
  return links.map(([, link = ""]) => link).filter((link) => !/^[a-z]+:/.test(link));
}

function leads(
  from: string,
  link: string,
  anchors: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  const [path = "", anchor] = link.split("#");
  const to = path === "" ? from : normalize(join(dirname(from), path));
  if (!existsSync(join(root, to))) return false;
  if (anchor === undefined) return true;
  const page = statSync(join(root, to)).isDirectory() ? join(to, "README.md") : to;
  return anchors.get(page)?.has(anchor) ?? false;
}

/** What a page's headings are called in links, as GitHub has it. */
function anchorsOf({ text }: Page): ReadonlySet<string> {
  const headings = [...text.replaceAll(FENCED, "").matchAll(/^#+ (.*)$/gm)];
  return new Set(
    headings.map(([, heading = ""]) =>
      heading
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}
