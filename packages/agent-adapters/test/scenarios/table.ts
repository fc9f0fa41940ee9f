import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { frameworks } from "./all.ts";
import { rows } from "./rows.ts";

/** Where the table is kept. */
export const pagePath: string = fileURLToPath(
  new URL("../../../../docs/frameworks.md", import.meta.url),
);

const [BEGIN, END] = ["<!-- scenarios: begin -->", "<!-- scenarios: end -->"] as const;

/** The page with the table of frameworks and scenarios, as it is run. */
export function withTable(page: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from === -1 || to < from) throw new Error("The page has no place for the table.");
  return `${page.slice(0, from + BEGIN.length)}\n\n${table()}\n\n${page.slice(to)}`;
}

function table(): string {
  const lines = rows.map(({ what, sees }) => [what].concat(frameworks.map(sees)));
  const head = ["", ...frameworks.map(({ name }) => name)];
  const all = [head, head.map(() => "---"), ...lines];
  return all.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await writeFile(pagePath, withTable(await readFile(pagePath, "utf8")));
