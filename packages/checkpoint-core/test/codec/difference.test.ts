import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splicesOfText, textOfSplices } from "../../src/codec/change.ts";
import { differenceOf } from "../../src/codec/difference.ts";
import { applySplices, copyOf, differenceFrom, imageOf, textOf } from "../../src/codec/image.ts";
import { decodeText, encodeText } from "../../src/codec/text.ts";
import { type Draw, draws, expected, fitting } from "./changes.ts";
import { expectImage } from "./equal.ts";
import { strings, values } from "./values.ts";

/** The difference, stored and read again, makes the one state out of the other; its bytes are exact. */
function expectMade(before: unknown, after: unknown): number {
  const base = imageOf(before);
  const { splices, image } = differenceFrom(base, copyOf(after));
  expectImage(image, after);
  const text = textOfSplices(splices);
  expectImage(applySplices(imageOf(before), splicesOfText(text)), after);
  expect(textOf(base)).toBe(encodeText(before));
  expect(splices.length === 0).toBe(encodeText(before) === encodeText(after));
  return text.length;
}

/** A state like another: some places changed, keys and items moved. */
function likeness(state: unknown, changes: readonly Draw[], order: number): unknown {
  let like = decodeText(encodeText(state));
  for (const change of changes) like = expected(like, fitting(like, change));
  return shuffled(like, order);
}

function shuffled(value: unknown, order: number): unknown {
  if (typeof value !== "object" || value === null || order % 3 === 0) return value;
  if (Array.isArray(value)) {
    const at = order % (value.length + 1);
    return order % 3 === 1 ? value.toSpliced(at, 1) : value.toSpliced(at, 0, ["new", order]);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const copy = Object.create(prototype) as object;
  for (const [key, item] of Object.entries(value).toReversed())
    Object.defineProperty(copy, key, {
      value: shuffled(item, order + 1),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  return copy;
}

const messages = (count: number, role = "user") =>
  Array.from({ length: count }, (_, id) => ({ id, role, text: `${id} `.repeat(300) }));
const wide = (by: number) =>
  Object.fromEntries(Array.from({ length: 50_000 }, (_, key) => [`k${key}`, key * by]));
const long = (by: number) => Array.from({ length: 50_000 }, (_, index) => index * by + 1);

describe("the difference of two states", () => {
  test("makes any state out of any other", () => {
    fc.assert(
      fc.property(values, values, (one, other) => void expectMade(one, other)),
      {
        numRuns: 1000,
      },
    );
  });

  test("makes a state out of one that is like it: changed places, moved keys, items put in and taken out", () => {
    fc.assert(
      fc.property(
        values,
        fc.array(draws, { maxLength: 4 }),
        fc.nat(1000),
        (state, changes, order) => {
          const whole = { list: [state, 1, state], state };
          expectMade(whole, likeness(whole, changes, order));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("makes a list out of any other, items repeated, moved and replaced", () => {
    const items = fc.array(fc.oneof(fc.nat(5), fc.record({ id: fc.nat(3), text: strings })), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(items, items, (one, other) => void expectMade(one, other)),
      {
        numRuns: 700,
      },
    );
  });

  test("edits a long text in its middle, between the halves of a surrogate pair too", () => {
    const face = "\u{1f600}";
    for (const insert of ["", "x", face, "\ud83d", "\ude00"])
      for (let index = 60; index < 70; index += 1)
        for (const remove of [0, 1, 2]) {
          const before = face.repeat(100);
          const after = before.slice(0, index) + insert + before.slice(index + remove);
          expect(expectMade({ text: before }, { text: after })).toBeLessThan(100);
        }
  });

  test.each([
    ["one more item", { m: messages(100) }, { m: messages(101) }, 1500],
    [
      "a window that moved on",
      { m: messages(100).slice(0, 90) },
      { m: messages(100).slice(7, 91) },
      1500,
    ],
    [
      "an item put in",
      { m: messages(100) },
      { m: messages(100).toSpliced(50, 0, { id: 7, role: "", text: "" }) },
      200,
    ],
    [
      "an item changed and one put in",
      { m: messages(100) },
      {
        m: messages(100)
          .with(99, { id: 9, role: "", text: "" })
          .toSpliced(40, 0, { id: 7, role: "", text: "" }),
      },
      400,
    ],
    ["an item less", { m: messages(100) }, { m: messages(100).toSpliced(50, 1) }, 200],
    ["many items changed a little", { m: messages(100) }, { m: messages(100, "x") }, 8000],
    [
      "keys in another order",
      { b: messages(9), a: messages(9) },
      { a: messages(9), b: messages(9) },
      200,
    ],
    ["a text that grew", { t: "a".repeat(9000) }, { t: `${"a".repeat(9000)}b` }, 100],
  ])("is small: %s", (_what, before, after, most) => {
    expect(expectMade(before, after)).toBeLessThan(most);
  });

  test("takes bounded time where everything is another, and in deep and wide states", () => {
    expect(differenceOf(wide(2), wide(3)).length).toBe(1);
    expect(differenceOf(long(2), long(3)).length).toBe(1);
    let [one, other]: [unknown, unknown] = [1, 2];
    for (let level = 0; level < 400; level += 1)
      [one, other] = [
        [0, one],
        [0, other],
      ];
    expectMade(one, other);
  });
});
