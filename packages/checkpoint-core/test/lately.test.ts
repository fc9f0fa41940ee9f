import { expect, test } from "vitest";
import { lately } from "../src/store/lately.ts";

test("makes a thing once for a name that is asked for again soon, and keeps a bounded number", () => {
  const made: string[] = [];
  const thing = lately(4, (name) => {
    made.push(name);
    return { name };
  });
  const first = thing("a");
  expect(first).toEqual({ name: "a" });
  for (const other of ["b", "c", "d"]) thing(other);
  expect(thing("a")).toBe(first);
  expect(made).toEqual(["a", "b", "c", "d"]);
  for (let index = 0; index < 10; index += 1) thing(`${index}`);
  expect(thing("a")).not.toBe(first);
});
