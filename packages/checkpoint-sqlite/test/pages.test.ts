import { sqliteBackend } from "@perdure/checkpoint-sqlite";
import { describe, expect, test } from "vitest";
import { PAGE_BYTES } from "../src/read.ts";
import { drivers, testFile } from "./folder.ts";

describe.each(drivers)("a page of large records, %s", (driver) => {
  test.each([false, true])(
    "ends early, and the next one goes on where it ended, in reverse: %s",
    async (reverse) => {
      await using backend = sqliteBackend({ path: await testFile(), driver });
      await backend.setup("create");
      const value = new Uint8Array(PAGE_BYTES / 2);
      const keys = ["a", "b", "c", "d", "e"];
      for (const key of keys)
        await backend.write("p", { writes: [{ op: "put", key, value, expect: "any" }], now: 0 });
      const pages: string[][] = [];
      let range: { from: string; to: string } | undefined = { from: "a", to: "f" };
      while (range) {
        const page = await backend.scan("p", { ...range, reverse, limit: 1000 }, 0);
        pages.push(page.records.map(({ key }) => key));
        const next: string | undefined = page.next;
        range = next === undefined ? undefined : { ...range, [reverse ? "to" : "from"]: next };
      }
      expect(pages).toEqual(
        reverse ? [["e", "d"], ["c", "b"], ["a"]] : [["a", "b"], ["c", "d"], ["e"]],
      );
    },
  );
});
