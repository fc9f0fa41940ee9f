import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { counted, MOST, readmePath, withTable } from "./lines.ts";
import { added, type Statement } from "./statements.ts";

test("no framework needs more than five statements over its own quick start, and the README says how many", async () => {
  const all = await counted();
  const tooMany = all.filter(({ added: written }) => written.length > MOST);
  expect(tooMany.map(({ framework, added: written }) => [framework, written])).toEqual([]);
  expect(all.filter(({ added: written }) => written.length === 0)).toEqual([]);
  const readme = await readFile(readmePath, "utf8");
  expect(readme).toBe(withTable(readme, all));
});

test("a statement that differs counts, and an import that takes fewer names does not", () => {
  const quickStart = [takes("ai", "tool", "run"), { text: "const a = 1;" }];
  const plugged = [takes("ai", "tool"), takes("ai", "tool", "other"), takes("us", "tool")];
  const changed = { text: "const a = 2;" };
  const same = { text: "const a = 1;" };
  expect(added([...plugged, changed, same], quickStart)).toEqual([...plugged.slice(1), changed]);
});

function takes(from: string, ...names: readonly string[]): Statement {
  return { text: `import { ${names.join(", ")} } from "${from}";`, takes: { from, names } };
}
