import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const page = join(import.meta.dirname, "../../../docs/simulation.md");

/** Puts tables into `docs/simulation.md`, each between its marks, in place of what stood there. Throws where it has no such marks. */
export function writeTables(tables: Readonly<Record<string, string>>): void {
  let text = readFileSync(page, "utf8");
  for (const [name, table] of Object.entries(tables)) text = replaced(text, name, table);
  writeFileSync(page, text);
}

function replaced(text: string, name: string, table: string): string {
  const [from, to] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [before, rest] = text.split(from);
  const after = rest?.split(to)[1];
  if (before === undefined || after === undefined)
    throw new Error(`${page} has no place for the table of ${name}.`);
  return `${before}${from}\n\n${table}\n\n${to}${after}`;
}
