import { describe, expect, test } from "vitest";
import { planChanges, type UserChange } from "../../src/codec/change.ts";
import { imageOf, imageOfText, valueOf } from "../../src/codec/image.ts";
import { codeOf, failureOf } from "./failure.ts";

describe("changes that are refused, naming the path", () => {
  const state = { messages: [{ content: "a" }], date: new Date(0), map: new Map([["a", 1]]) };
  const refusals: readonly (readonly [string, unknown, string])[] = [
    ["append where nothing is", { path: ["msgs"], append: [] }, "at msgs"],
    ["append to an object", { path: ["messages", 0], append: [1] }, "at messages[0]"],
    [
      "append to a string",
      { path: ["messages", 0, "content"], append: ["b"] },
      "messages[0].content",
    ],
    ["append of no array", { path: ["messages"], append: "abc" }, "at messages"],
    ["set below nothing", { path: ["a", "b"], set: 1 }, "at a.b"],
    ["set behind the end", { path: ["messages", 1], set: 1 }, "at messages[1]"],
    ["set of a name in an array", { path: ["messages", "0"], set: 1 }, 'at messages["0"]'],
    ["set of an index in an object", { path: [0], set: 1 }, "at [0]"],
    ["set inside a Date", { path: ["date", "$date"], set: 1 }, "at date.$date"],
    ["set inside a Map", { path: ["map", "a"], set: 1 }, "at map.a"],
    ["remove of nothing", { path: ["a"], remove: true }, "at a "],
    ["remove of the whole", { path: [], remove: true }, "The whole state"],
    ["remove that is not true", { path: ["date"], remove: false }, '"remove" that is not true'],
    ["no verb", { path: ["date"] }, "one of append, set and remove"],
    ["two verbs", { path: ["date"], set: 1, append: [] }, "one of append, set and remove"],
    ["no path", { set: 1 }, "no path"],
    ["a path of text", { path: "messages", append: [] }, "no path"],
    ["a path of other things", { path: [{}], set: 1 }, "no path"],
    ["a negative index", { path: ["messages", -1], set: 1 }, "no path"],
    ["nothing", undefined, "no path"],
  ];

  test.each(refusals)("%s", (_name, change, message) => {
    const error = failureOf(() => planChanges(imageOf(state), [change as UserChange]));
    expect(error.code).toBe("INVALID_ARGUMENT");
    expect(error.message).toContain(message);
  });

  test("changes that are no list", () => {
    expect(codeOf(() => planChanges(imageOf(state), {} as never))).toBe("INVALID_ARGUMENT");
  });

  test("a value that cannot be kept, at the path where it would lie", () => {
    const error = failureOf(() =>
      planChanges(imageOf(state), [{ path: ["messages"], append: [{ run: () => 1 }] }]),
    );
    expect(error.code).toBe("UNSUPPORTED_VALUE");
    expect(error.message).toContain("messages[0].run");
  });

  test("a state that would grow out of its bounds", () => {
    const image = imageOf({ a: [] });
    const append = (items: readonly unknown[], bounds: object): unknown =>
      planChanges(image, [{ path: ["a"], append: items }], bounds);
    expect(codeOf(() => append(["xx"], { bytes: 11 }))).toBe("TOO_LARGE");
    expect(append(["xx"], { bytes: 12 })).toMatchObject({ image: { bytes: 12 } });
    expect(codeOf(() => append([1, 2], { nodes: 3 }))).toBe("TOO_LARGE");
    expect(codeOf(() => append([[]], { depth: 2 }))).toBe("TOO_LARGE");
    const set = (): unknown => planChanges(image, [{ path: ["a"], set: [[]] }], { depth: 2 });
    expect(codeOf(set)).toBe("TOO_LARGE");
    const read = imageOfText('{"a":[]}');
    expect(codeOf(() => planChanges(read, [{ path: ["a"], append: ["xx"] }], { bytes: 11 }))).toBe(
      "TOO_LARGE",
    );
    expect(
      valueOf(planChanges(image, [{ path: ["a"], append: [[]] }], { depth: 3 }).image),
    ).toEqual({
      a: [[]],
    });
  });
});
