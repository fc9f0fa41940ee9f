import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { page, pagePath, rows } from "./table.ts";

const places = (["memory", "sqlite"] as const).flatMap((engine) =>
  [true, false].map((checkpointing) => ({ engine, checkpointing })),
);

for (const { when, cases } of rows)
  describe(when, () => {
    for (const { does, sees, run } of cases)
      for (const place of places)
        test(`${does} (${place.engine}, checkpointing ${place.checkpointing})`, async () => {
          expect(await run(place)).toEqual(sees);
        });
  });

test("the page in the docs is the one that these rows make", async () => {
  expect(await readFile(pagePath, "utf8")).toBe(page());
});

test.each(rows.flatMap(({ beside = [] }) => beside))(
  "what the page names beside a row is there: %s, %s",
  async (file, name) => {
    const source = await readFile(new URL(`../${file}`, import.meta.url), "utf8");
    expect(source).toContain(name);
  },
);
