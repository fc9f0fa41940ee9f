import { isStorageError } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { desk } from "./desk.ts";
import { makers } from "./makers.ts";
import { served } from "./served.ts";

test.each([...served, ...makers])(
  "%s: what it cannot be is refused by a typed error, and nothing is written",
  async (_name, values, call) => {
    const wrong: unknown[] = [];
    for (const value of values) {
      const made = await desk();
      const before = made.writes();
      try {
        await call(made, value as never);
        wrong.push([value, "taken"]);
      } catch (error) {
        if (!isStorageError(error)) wrong.push([value, error]);
      }
      if (made.writes() !== before) wrong.push([value, "written"]);
    }
    expect(wrong).toEqual([]);
  },
);
