import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const source = fileURLToPath(new URL("../src", import.meta.url));

/** The room that a file is in: its folder, and within `store` the one below that. A file that is in none is a room of its own. */
function roomOf(file: string): string {
  const path = relative(source, file).split(sep);
  const deep = path[0] === "store" ? 2 : 1;
  return path.length > deep ? path.slice(0, deep).join("/") : path.join("/");
}

/** Which rooms each room imports from. */
async function importsOf(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const rooms = new Map<string, Set<string>>();
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
    const file = join(entry.parentPath, entry.name);
    const text = await readFile(file, "utf8");
    for (const [, specifier = ""] of text.matchAll(/^[^*/\n]*\bfrom "(\.[^"]+)"/gm)) {
      const [from, to] = [roomOf(file), roomOf(resolve(dirname(file), specifier))];
      if (from !== to) rooms.set(from, (rooms.get(from) ?? new Set()).add(to));
    }
  }
  return rooms;
}

/** The rooms from which a way leads back to them. */
function inCircles(imports: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const reached = (room: string): ReadonlySet<string> => {
    const found = new Set<string>();
    const open = [room];
    for (let at = open.pop(); at !== undefined; at = open.pop())
      for (const next of imports.get(at) ?? [])
        if (!found.has(next)) {
          found.add(next);
          open.push(next);
        }
    return found;
  };
  return [...imports.keys()].filter((room) => reached(room).has(room)).toSorted();
}

test("no room knows one that knows it, however far around", async () => {
  const imports = await importsOf();
  expect(imports.get("store/commit")).toContain("store/runs");
  expect(imports.size).toBeGreaterThan(20);
  expect(inCircles(imports)).toEqual([]);
  const circle = new Map([...imports, ["store/life", new Set(["store/commit"])]]);
  expect(inCircles(circle)).toEqual(expect.arrayContaining(["store/commit", "store/life"]));
});
