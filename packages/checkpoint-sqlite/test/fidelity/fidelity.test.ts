import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { fidelityTable, tablePath } from "./table.ts";

it("keeps each kind of value or refuses it, in every way to store it, and the page that says so is current", async () => {
  const table = await fidelityTable();
  expect(table).not.toContain("| lost");
  expect(await readFile(tablePath, "utf8")).toBe(table);
});
