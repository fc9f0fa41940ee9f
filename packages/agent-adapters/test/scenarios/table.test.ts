import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { pagePath, withTable } from "./table.ts";

test("the table in the docs is the one that these scenarios make", async () => {
  const page = await readFile(pagePath, "utf8");
  expect(page).toBe(withTable(page));
});
